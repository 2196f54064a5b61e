using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Answers;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.AI;

/// <content>Texts without a chat template.</content>
public sealed partial class RetNetChatClient
{
    /// <summary>Continues a text, without a chat template.</summary>
    /// <remarks>With <c>prompt_logprobs</c> (true) beside <c>logprobs</c> in <see cref="ChatOptions.AdditionalProperties"/> the first
    /// update has those of the prompt's tokens under that key, a list of <see cref="TokenLogProbs"/>; the first of them is NaN.</remarks>
    /// <param name="prompt">The text; control tokens written in it are recognised. Empty starts a new text.</param>
    /// <param name="options">As for a chat; <see cref="ChatOptions.Instructions"/>, <see cref="ChatOptions.Tools"/> and
    /// <see cref="ChatOptions.ConversationId"/> are refused.</param>
    /// <param name="cancellationToken">Observed between tokens and between blocks of a long prompt.</param>
    /// <returns>The continuation as it is generated; the last update has the finish reason and the usage.</returns>
    /// <exception cref="NotSupportedException">An option requires something that the model cannot do; the exception names it.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="GrammarException">The grammar of the answer proves too complex while it is followed.</exception>
    /// <exception cref="StateBudgetException">The state could grow beyond the whole budget of the model's scheduler.</exception>
    /// <exception cref="QueueFullException">The queue is full, and <c>refuse_when_busy</c> is set.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the model was disposed meanwhile.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> ContinueTextAsync(
        string prompt, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return ContinueAsync(model => TextEncoding.Encode(model, prompt), options, cancellationToken);
    }

    /// <summary>Continues the tokens of a text, as they are.</summary>
    /// <param name="prompt">The tokens, at least one; none is added.</param>
    /// <param name="options">As for a text.</param>
    /// <param name="cancellationToken">As for a text.</param>
    /// <returns>The continuation as it is generated; the last update has the finish reason and the usage.</returns>
    /// <exception cref="NotSupportedException">An option requires something that the model cannot do; the exception names it.</exception>
    /// <exception cref="ArgumentException">There is no token, one is not the model's, or an option is out of range.</exception>
    /// <exception cref="GrammarException">The grammar of the answer proves too complex while it is followed.</exception>
    /// <exception cref="StateBudgetException">The state could grow beyond the whole budget of the model's scheduler.</exception>
    /// <exception cref="QueueFullException">The queue is full, and <c>refuse_when_busy</c> is set.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the model was disposed meanwhile.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> ContinueTokensAsync(
        ReadOnlyMemory<int> prompt, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        ContinueAsync(_ => prompt.ToArray(), options, cancellationToken);

    private async IAsyncEnumerable<ChatResponseUpdate> ContinueAsync(
        Func<TextModel, int[]> encode, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ChatOptionsMapping.RefuseUnsupported(options, _model.Name);
        ChatOptionsMapping.RefuseChatOnly(options);
        LoadedModel model = await _model.GetAsync(cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        GenerationOptions generation = ChatOptionsMapping.ToGenerationOptions(options, model.DefaultOptions, RawOptions(options));
        if (_grammars.Find(options, model.TextModel.Tokenizer) is { } grammar)
            generation = generation with { Grammar = grammar, GrammarTrigger = null };
        if (new RequestProperties(options?.AdditionalProperties).PromptLogProbs())
            generation = generation with { PromptLogProbs = true };
        int[] tokens = encode(model.TextModel);
        CheckLength(tokens.Length, model.TextModel.Model.Info, options);
        _warnings.Unknown(new RequestProperties(options?.AdditionalProperties).Unknown);
        GenerationRequest request = new(tokens, generation);
        StateMeter state = Meter(model, request, options);
        ResponseEnvelope envelope = new(_model.Name, conversationId: null, state);
        using ScheduledGeneration text = await StartAsync(model, request, options, cancellationToken).ConfigureAwait(false);
        AnswerLogProbs logProbs = new(model.TextModel.Tokenizer, generation.TopLogProbs);
        while (await text.ReadAsync().ConfigureAwait(false))
        {
            logProbs.AddPrompt(tokens, text);
            logProbs.Add(text);
            state.Add(text);
            if (text.Text.IsEmpty)
                continue;
            string piece = text.Text.ToString();
            logProbs.Read(piece);
            yield return logProbs.AddTo(envelope.Update(new TextContent(piece)));
        }

        GenerationResult result = await text.Result.ConfigureAwait(false);
        logProbs.AddPrompt(tokens, text);
        yield return logProbs.AddTo(envelope.Last(result, text.CachedTokens, reasoningTokens: 0, hasCalls: false));
    }
}

using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.AI;

/// <summary>Chats with a RetNet or a multi-state Transformer. Safe for concurrent requests.</summary>
/// <remarks>
/// <para>
/// Of <see cref="ChatOptions"/> everything is honoured or refused with a <see cref="NotSupportedException"/> that names the option; nothing but
/// unknown keys of <see cref="ChatOptions.AdditionalProperties"/>, <see cref="ChatOptions.AllowBackgroundResponses"/> and
/// <see cref="ReasoningOptions.Output"/> is ignored. Refused are a JSON <see cref="ChatOptions.ResponseFormat"/> (the output of a model cannot be
/// guaranteed to be JSON), a <see cref="ChatOptions.ToolMode"/> that requires a call, tools that are not functions, functions for a model whose
/// chat template has no place for them, another <see cref="ChatOptions.ModelId"/>, a <see cref="ChatOptions.ContinuationToken"/>, and messages
/// with content other than text, reasoning and function calls and results.
/// </para>
/// <para>
/// Further options by their key in <see cref="ChatOptions.AdditionalProperties"/>: <c>min_p</c>, <c>repetition_penalty</c>, <c>logit_bias</c> (token id to
/// bias), <c>policy</c>, <c>state_size</c>, <c>sinks</c> and <c>prompt_chunk</c>, each as in <see cref="RetNetOptions"/>.
/// <see cref="ChatOptions.RawRepresentationFactory"/> may return <see cref="GenerationOptions"/> to start from instead of the model's defaults.
/// <see cref="ReasoningOptions.Effort"/> sets the template variable <c>enable_thinking</c>, false for <see cref="ReasoningEffort.None"/>.
/// </para>
/// <para>
/// A response carries a <see cref="ChatResponse.ConversationId"/>; a request with it needs only the new messages. The state of a conversation is
/// kept (see <see cref="RetNetChatClientOptions"/>), so that the model reads only what is new, also when a caller sends the whole
/// history without an id; <see cref="UsageDetails.CachedInputTokenCount"/> says how much was not read again. The text is the same as without reuse
/// unless a bounded policy is used: its rows then were chosen turn by turn instead of once at the end of the whole prompt.
/// <see cref="UsageDetails.AdditionalCounts"/> has <c>state_bytes</c>, the bytes that the state held at the end.
/// </para>
/// <para>The characters of control tokens in messages are ordinary text; only the chat template writes control tokens.</para>
/// </remarks>
public sealed class RetNetChatClient : IChatClient
{
    private readonly SharedModel _model;
    private readonly ConversationStore _conversations;
    private readonly ChatClientMetadata _metadata;

    /// <summary>Creates a client for a shared model, which is loaded by the first request.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="options">What is remembered between requests; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is negative.</exception>
    public RetNetChatClient(SharedModel model, RetNetChatClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new RetNetChatClientOptions();
        _model = model;
        _conversations = new ConversationStore(options.MaxConversations, options.MaxStateBytes);
        _metadata = new ChatClientMetadata("retnet", null, model.Name);
    }

    /// <summary>Creates a client for a loaded model.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="options">What is remembered between requests; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is negative.</exception>
    public RetNetChatClient(TextModel model, RetNetChatClientOptions? options = null)
        : this(new SharedModel(model), options)
    {
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">An option or a message asks for what the model cannot do; the message names it.</exception>
    /// <exception cref="InvalidOperationException">The conversation is not known, or the model has no chat template.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the model was disposed meanwhile.</exception>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return Task.Run(() => Answer(messages, options, cancellationToken).ToChatResponse(), cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">An option or a message asks for what the model cannot do; the message names it.</exception>
    /// <exception cref="InvalidOperationException">The conversation is not known, or the model has no chat template.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the model was disposed meanwhile.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return OnThreadPool(token => Answer(messages, options, token), cancellationToken);
    }

    /// <summary>Continues a text, without a chat template.</summary>
    /// <param name="prompt">The text; control tokens written in it are recognised. Empty starts a new text.</param>
    /// <param name="options">As for a chat; <see cref="ChatOptions.Instructions"/>, <see cref="ChatOptions.Tools"/> and
    /// <see cref="ChatOptions.ConversationId"/> are refused.</param>
    /// <param name="cancellationToken">Observed between tokens and between blocks of a long prompt.</param>
    /// <returns>The continuation as it comes; the last update has the finish reason and the usage.</returns>
    /// <exception cref="NotSupportedException">An option asks for what the model cannot do; the message names it.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the model was disposed meanwhile.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> ContinueTextAsync(string prompt, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return OnThreadPool(token => Continue(prompt, options, token), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Without a key: <see cref="ChatClientMetadata"/>, this client, its <see cref="SharedModel"/>, or its <see cref="TextModel"/>, loaded if it is
    /// not yet.
    /// </remarks>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        if (serviceType == typeof(ChatClientMetadata))
            return _metadata;
        if (serviceType.IsInstanceOfType(this))
            return this;
        if (serviceType == typeof(SharedModel))
            return _model;
        return serviceType == typeof(TextModel) ? _model.TextModel : null;
    }

    /// <summary>Forgets all conversations. The model is not disposed.</summary>
    public void Dispose() => _conversations.Dispose();

    private IEnumerable<ChatResponseUpdate> Answer(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        ChatOptionsMapping.RefuseUnsupported(options, _model.Name);
        TextModel model = _model.TextModel;
        ChatTemplate template = _model.ChatTemplate
            ?? throw new InvalidOperationException($"Model '{_model.Name}' has no chat template; {nameof(RetNetOptions)}.{nameof(RetNetOptions.ChatTemplate)} sets one.");
        IReadOnlyList<AIFunctionDeclaration> functions = FunctionTools.Read(options, template, _model.Name);
        GenerationOptions generation = ChatOptionsMapping.ToGenerationOptions(options, _model.DefaultOptions, this);
        List<ChatTemplateMessage> history = [.. _conversations.History(options?.ConversationId)];
        TemplateMessages.Append(messages, history);
        int[] prompt = model.Tokenizer.EncodeChat(
            TemplateMessages.WithInstructions(options?.Instructions, history), addGenerationPrompt: true,
            FunctionTools.Describe(functions), ChatOptionsMapping.TemplateVariables(options), template);

        string? conversationId = options?.ConversationId ?? _conversations.NewId();
        ResponseEnvelope envelope = new(_model.Name, conversationId);
        StringBuilder said = new();
        FunctionCallReader? calls = functions.Count > 0 ? new FunctionCallReader(functions) : null;
        using RunningText text = new(model, prompt, generation, _conversations.Take(prompt, generation.State));
        foreach (string piece in text.Pieces(cancellationToken))
        {
            string certain = calls?.Add(piece) ?? piece;
            said.Append(certain);
            if (certain.Length > 0)
                yield return envelope.Update(new TextContent(certain));
        }

        string rest = calls?.Finish() ?? "";
        said.Append(rest);
        if (rest.Length > 0)
            yield return envelope.Update(new TextContent(rest));
        IReadOnlyList<FunctionCallContent> called = calls?.Take(options!.AllowMultipleToolCalls != false) ?? [];
        if (called.Count > 0)
            yield return envelope.Update([.. called]);
        if (conversationId is not null)
        {
            history.Add(TemplateMessages.Answer(said.ToString(), called));
            _conversations.Put(new Conversation(conversationId, history, generation.State, text.SeenTokens(), text.DetachState()));
        }

        yield return envelope.Last(called.Count > 0 ? ChatFinishReason.ToolCalls : text.FinishReason, text.Usage);
    }

    private IEnumerable<ChatResponseUpdate> Continue(string prompt, ChatOptions? options, CancellationToken cancellationToken)
    {
        ChatOptionsMapping.RefuseUnsupported(options, _model.Name);
        ChatOptionsMapping.RefuseChatOnly(options);
        TextModel model = _model.TextModel;
        GenerationOptions generation = ChatOptionsMapping.ToGenerationOptions(options, _model.DefaultOptions, this);
        ResponseEnvelope envelope = new(_model.Name, conversationId: null);
        using RunningText text = new(model, TextEncoding.Encode(model, prompt), generation, reused: null);
        foreach (string piece in text.Pieces(cancellationToken))
            yield return envelope.Update(new TextContent(piece));
        yield return envelope.Last(text.FinishReason, text.Usage);
    }

    /// <summary>
    /// Computes each update on the thread pool when it is asked for: the caller's thread is never held up, a slow reader slows the
    /// generation down, and a reader who leaves disposes the enumerator and with it the state.
    /// </summary>
    private static async IAsyncEnumerable<ChatResponseUpdate> OnThreadPool(
        Func<CancellationToken, IEnumerable<ChatResponseUpdate>> generate, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using IEnumerator<ChatResponseUpdate> updates = generate(cancellationToken).GetEnumerator();
        while (await Task.Run(updates.MoveNext, cancellationToken).ConfigureAwait(false))
            yield return updates.Current;
    }
}

using System.Text;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.AI.Answers;

/// <summary>Puts the log probabilities of an answer's tokens into its updates. Text may be held back longer than its tokens, so that they
/// go with the next update, each exactly once.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="top">How many of the likeliest tokens there are for each; null if none are wanted.</param>
internal sealed class AnswerLogProbs(Tokenizer tokenizer, int? top)
{
    // What updates have for their reader, and histories need not.
    private static readonly string[] OfUpdates = [RequestProperties.LogProbsKey, StateMeter.Key, StateMeter.BytesKey];

    private List<TokenLogProbs> _pending = [];
    private List<TokenLogProbs>? _prompt;
    private bool _hasPrompt;

    /// <summary>Takes what the last read brought.</summary>
    public void Add(ScheduledGeneration text)
    {
        if (top is not { } count)
            return;
        for (int i = 0; i < text.Tokens.Length; i++)
            _pending.Add(Describe(text.Tokens[i], text.LogProbs[i], [.. text.TopLogProbs.Slice(i * count, count)]));
    }

    /// <summary>Takes those of the prompt, if they are there, once.</summary>
    public void AddPrompt(ReadOnlySpan<int> tokens, ScheduledGeneration text)
    {
        if (_hasPrompt || text.PromptLogProbs is not { Count: > 0 } logProbs)
            return;
        int count = top!.Value;
        _prompt = new(tokens.Length);
        for (int i = 0; i < tokens.Length; i++)
            _prompt.Add(Describe(tokens[i], logProbs[i], text.PromptTopLogProbs.Skip(i * count).Take(count)));
        _hasPrompt = true;
    }

    /// <summary>An update with what was taken since the last one.</summary>
    public ChatResponseUpdate AddTo(ChatResponseUpdate update)
    {
        if (_prompt is not null)
            (update.AdditionalProperties ??= [])[RequestProperties.PromptLogProbsKey] = _prompt;
        _prompt = null;
        if (_pending.Count == 0)
            return update;
        (update.AdditionalProperties ??= [])[RequestProperties.LogProbsKey] = _pending;
        _pending = [];
        return update;
    }

    /// <summary>A whole response with those of all its updates, and the last that these tell of the state.</summary>
    public static async Task<ChatResponse> ToResponseAsync(
        IAsyncEnumerable<ChatResponseUpdate> answer, CancellationToken cancellationToken)
    {
        List<ChatResponseUpdate> updates = await answer.ToListAsync(cancellationToken).ConfigureAwait(false);
        ChatResponse response = updates.ToChatResponse();
        List<TokenLogProbs> all = [.. updates.SelectMany(
            update => update.AdditionalProperties?.GetValueOrDefault(RequestProperties.LogProbsKey) as List<TokenLogProbs> ?? [])];
        RemoveFrom(response.Messages);
        foreach (string key in (string[])[StateMeter.Key, StateMeter.BytesKey])
        {
            if (updates.FindLast(update => update.AdditionalProperties?.ContainsKey(key) == true) is { } last)
                (response.AdditionalProperties ??= [])[key] = last.AdditionalProperties![key];
        }

        if (all.Count > 0)
            (response.AdditionalProperties ??= [])[RequestProperties.LogProbsKey] = all;
        return response;
    }

    /// <summary>Leaves them, and what updates tell of the state, out of messages, which take over what updates have, and go into the
    /// history.</summary>
    public static void RemoveFrom(IEnumerable<ChatMessage> messages)
    {
        foreach (ChatMessage message in messages)
        {
            foreach (string key in OfUpdates)
                message.AdditionalProperties?.Remove(key);
            if (message.AdditionalProperties?.Count == 0)
                message.AdditionalProperties = null;
        }
    }

    private TokenLogProbs Describe(int token, double logProbability, IEnumerable<(int Token, double LogProbability)> likeliest)
    {
        byte[] bytes = tokenizer.TokenBytes(token);
        return new TokenLogProbs(token, Encoding.UTF8.GetString(bytes), bytes, logProbability,
            [.. likeliest.Where(likely => likely.Token >= 0).Select(likely => Describe(likely.Token, likely.LogProbability, []))]);
    }
}

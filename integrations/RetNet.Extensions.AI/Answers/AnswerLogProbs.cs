using System.Text;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.AI.Answers;

/// <summary>Puts the log probabilities of an answer's tokens into its updates: those of the tokens of which an update has text, each
/// exactly once, and none of reasoning, calls, marks and what a stop string cut off.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="top">How many of the likeliest tokens there are for each; null if none are wanted.</param>
internal sealed class AnswerLogProbs(Tokenizer tokenizer, int? top)
{
    // What updates have for their reader, and histories need not.
    private static readonly string[] OfUpdates = [RequestProperties.LogProbsKey, StateMeter.Key, StateMeter.BytesKey];

    // Tokens of which no update has text yet, each with the places of its characters in the whole text, [start, end).
    private readonly Queue<(TokenLogProbs Token, int Start, int End)> _tokens = [];
    private int _end;

    // The text that was read last and may still become content, or not; and the place of its first character.
    private readonly List<char> _undecided = [];
    private int _decided;

    private List<TokenLogProbs> _pending = [];
    private List<TokenLogProbs>? _prompt;
    private bool _hasPrompt;

    /// <summary>Takes what the last read brought.</summary>
    public void Add(ScheduledGeneration text)
    {
        if (top is not { } count)
            return;
        for (int i = 0; i < text.Tokens.Length; i++)
        {
            (int start, _end) = (_end, text.TextEnds[i]);

            // A control token has no text, unlike a part of a character, whose text comes with its last part.
            if (_end > start || !tokenizer.IsSpecial(text.Tokens[i]))
            {
                _tokens.Enqueue((
                    Describe(text.Tokens[i], text.LogProbs[i], [.. text.TopLogProbs.Slice(i * count, count)]), start, _end));
            }
        }
    }

    /// <summary>The text that comes next in pieces of one token each, so that it shows which of them are content; whole if no log
    /// probabilities are wanted.</summary>
    public IReadOnlyList<string> Pieces(string text)
    {
        if (top is null)
            return [text];
        List<string> pieces = [];
        int before = _decided + _undecided.Count;
        int start = 0;
        foreach ((_, _, int place) in _tokens)
        {
            int end = Math.Min(place - before, text.Length);
            if (end <= start)
                continue;
            pieces.Add(text[start..end]);
            start = end;
        }

        return start < text.Length ? [.. pieces, text[start..]] : pieces;
    }

    /// <summary>Tells what became of a piece of the text.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="content">The content that it made certain, the last of the text before what is held back.</param>
    /// <param name="held">How many of the last characters are held back.</param>
    public void Read(string piece, string content, int held)
    {
        if (top is null)
            return;
        _undecided.AddRange(piece);
        int certain = Math.Max(_undecided.Count - held, 0);
        Stack<int> places = [];
        for (int i = certain - 1; i >= 0 && places.Count < content.Length; i--)
        {
            if (_undecided[i] == content[^(places.Count + 1)])
                places.Push(_decided + i);
        }

        foreach (int place in places)
            TakeTokensAt(place);
        _undecided.RemoveRange(0, certain);
        _decided += certain;
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

    private void TakeTokensAt(int place)
    {
        while (_tokens.TryPeek(out (TokenLogProbs Token, int Start, int End) next) && next.Start <= place)
        {
            _tokens.Dequeue();
            if (place < Math.Max(next.End, next.Start + 1))
                _pending.Add(next.Token);
        }
    }

    private TokenLogProbs Describe(int token, double logProbability, IEnumerable<(int Token, double LogProbability)> likeliest)
    {
        byte[] bytes = tokenizer.TokenBytes(token);
        return new TokenLogProbs(token, Encoding.UTF8.GetString(bytes), bytes, logProbability,
            [.. likeliest.Where(likely => likely.Token >= 0).Select(likely => Describe(likely.Token, likely.LogProbability, []))]);
    }
}

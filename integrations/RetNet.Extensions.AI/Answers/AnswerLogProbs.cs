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

    // Tokens whose text is not decided on.
    private readonly Queue<UndecidedToken> _tokens = [];

    // Those of them that the text has come to and that are not taken; several if they have a character together.
    private readonly List<UndecidedToken> _current = [];

    // Where tokens start that are not read yet, and how much of the text is.
    private readonly Queue<int> _starts = [];
    private int _read;

    // What may still become content, or not: for the reader of reasoning, and for the reader of calls after it.
    private readonly UndecidedText _forReasoning = new();
    private readonly UndecidedText _forCalls = new();

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
            (int start, int end) = text.TextPlaces[i];

            // A control token has no text, unlike a part of a character, whose text comes with its last part.
            if (end > start || !tokenizer.IsSpecial(text.Tokens[i]))
            {
                _tokens.Enqueue(new(text.Tokens[i], text.LogProbs[i], [.. text.TopLogProbs.Slice(i * count, count)], start));
                _starts.Enqueue(start);
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
        int start = 0;
        while (_starts.TryPeek(out int place) && place < _read + text.Length)
        {
            _starts.Dequeue();
            int end = place - _read;
            if (end <= start)
                continue;
            pieces.Add(text[start..end]);
            start = end;
        }

        pieces.Add(text[start..]);
        return pieces;
    }

    /// <summary>Tells what became of a piece of the text.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="answer">The text without reasoning that it made certain, the last before what is held back.</param>
    /// <param name="heldReasoning">How many of the last characters of the text are held back, because they may be reasoning.</param>
    /// <param name="content">What this made certain of the content.</param>
    /// <param name="heldCalls">How many of the last characters of the answer are held back, because they may be calls.</param>
    public void Read(string piece, string answer, int heldReasoning, string content, int heldCalls)
    {
        if (top is null)
            return;
        int start = _read;
        _read += piece.Length;
        (char, int)[] passed = _forReasoning.Pass(piece.Select((character, i) => (character, start + i)), answer, heldReasoning);
        foreach ((_, int place) in _forCalls.Pass(passed, content, heldCalls))
        {
            if (place != UndecidedText.Nowhere)
                TakeTokensAt(place);
        }

        MoveTo(_forCalls.First ?? _forReasoning.First ?? _read);
    }

    /// <summary>Tells that the text that comes next is content.</summary>
    public void Read(string text)
    {
        foreach (string piece in Pieces(text))
            Read(piece, piece, heldReasoning: 0, piece, heldCalls: 0);
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
        MoveTo(place);
        _pending.AddRange(_current.Select(token => Describe(token.Id, token.LogProb, token.Likeliest)));
        _current.Clear();
    }

    /// <summary>Leaves behind the tokens whose text ends before a place.</summary>
    private void MoveTo(int place)
    {
        while (_tokens.TryPeek(out UndecidedToken next) && next.Start <= place)
        {
            if (_current is [{ Start: var start }, ..] && start < next.Start)
                _current.Clear();
            _current.Add(_tokens.Dequeue());
        }
    }

    private TokenLogProbs Describe(int token, double logProbability, IEnumerable<(int Token, double LogProb)> likeliest)
    {
        byte[] bytes = tokenizer.TokenBytes(token);
        return new TokenLogProbs(token, Encoding.UTF8.GetString(bytes), bytes, logProbability,
            [.. likeliest.Where(likely => likely.Token >= 0).Select(likely => Describe(likely.Token, likely.LogProb, []))]);
    }

    /// <summary>A token of which it is not decided whether it is content.</summary>
    /// <param name="Id">The token.</param>
    /// <param name="LogProb">Its log probability.</param>
    /// <param name="Likeliest">The likeliest tokens in its place.</param>
    /// <param name="Start">Where its text starts; it goes up to the next later start.</param>
    private readonly record struct UndecidedToken(int Id, double LogProb, (int Token, double LogProb)[] Likeliest, int Start);
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using RetNet.Extensions.Core.ChatTemplates.Calls;
using RetNet.Extensions.Core.ChatTemplates.Channels;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>How a model writes its reasoning and what follows it: reasoning between <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c>, between
/// the control tokens <c>[THINK]</c> and <c>[/THINK]</c>, or, where the chat template writes <c>&lt;|channel|&gt;</c> and
/// <c>&lt;|message|&gt;</c>, messages in channels (gpt-oss): <c>analysis</c> is reasoning, <c>commentary</c> and <c>final</c> are text.
/// Thread-safe.</summary>
[Experimental("RETNET001")]
public sealed class AnswerFormat
{
    private const string ControlOpen = "[THINK]";
    private const string ControlClose = "[/THINK]";

    // As much of a prompt as the template may have begun of an answer.
    private const int LongestBeginning = 64;

    private readonly Tokenizer _tokenizer;
    private readonly ChannelFormat? _channels;
    private readonly string _open;
    private readonly string _close;
    private readonly bool _areControl;
    private readonly bool _mayReason;

    // A model that reasons has a token for it; what it writes first is then free up to the marker.
    private readonly Grammar _rest;
    private readonly Grammar _wholeOrNone;

    // What is known of a grammar or a trigger is kept with it, so that there is one for equal requests.
    private readonly ConditionalWeakTable<Grammar, Grammar> _texts = [];
    private readonly ConditionalWeakTable<Grammar, Grammar> _afterRest = [];
    private readonly ConditionalWeakTable<Grammar, Grammar> _afterWholeOrNone = [];
    private readonly ConditionalWeakTable<GrammarTrigger, GrammarTrigger> _triggersAfterRest = [];
    private readonly ConditionalWeakTable<GrammarTrigger, GrammarTrigger> _triggersAfterWholeOrNone = [];

    internal AnswerFormat(Tokenizer tokenizer, ChannelFormat? channels)
    {
        (_tokenizer, _channels) = (tokenizer, channels);
        bool hasTags = tokenizer.TokenId(ReasoningReader.Open) is not null;
        _areControl = !hasTags && IsControl(ControlOpen) && IsControl(ControlClose);
        _mayReason = hasTags || _areControl;
        (_open, _close) = _areControl ? (ControlOpen, ControlClose) : (ReasoningReader.Open, ReasoningReader.Close);
        ControlTokens = channels?.ControlTokens
            ?? (_areControl ? [tokenizer.TokenId(_open)!.Value, tokenizer.TokenId(_close)!.Value] : []);
        Grammar space = Grammar.FromRegex("[ \\n]{0,2}");
        _rest = Grammar.Sequence(_areControl ? ControlText.Anything : Grammar.FromRegex(Inside(_close)), Mark(_close), space);
        _wholeOrNone = Grammar.Optional(Grammar.Sequence(Mark(_open), _rest));

        bool IsControl(string text) => tokenizer.TokenId(text) is { } id && tokenizer.IsSpecial(id);
        Grammar Mark(string text) => ControlText.Literal(text, _areControl ? [text] : []);
    }

    /// <summary>The control tokens that tell the parts of an answer; a reader needs their text
    /// (<c>GenerationOptions.VisibleTokens</c>).</summary>
    public IReadOnlyList<int> ControlTokens { get; }

    /// <summary>A reader of one answer.</summary>
    /// <param name="prompt">The prompt, whose template may have begun the answer.</param>
    /// <param name="passesCalls">Whether functions are offered: what the reader gives as the answer then has calls as
    /// <see cref="ChatEncoder.CallFormat"/> reads them; otherwise a call is text.</param>
    public ReasoningReader CreateReader(ReadOnlySpan<int> prompt, bool passesCalls = false)
    {
        if (_channels is null)
            return new ReasoningReader(_open, _close, EndsWith(prompt, _open));
        ChannelReader channels = new(passesCalls);
        channels.Add(ChannelFormat.BeginningIn(EndOf(prompt)));
        return new ReasoningReader(channels);
    }

    /// <summary>The grammar of an answer that is text, without the reasoning before it.</summary>
    /// <param name="text">The grammar of the text.</param>
    public Grammar Text(Grammar text) =>
        _channels is null ? text : _texts.GetValue(text, text => _channels.Text(text));

    /// <summary>The grammar of an answer, with reasoning before it where the model reasons.</summary>
    /// <param name="answer">The grammar of what follows the reasoning: calls, or what <see cref="Text"/> gives.</param>
    /// <param name="prompt">The prompt, whose template may have begun or ended the reasoning.</param>
    public Grammar Before(Grammar answer, ReadOnlySpan<int> prompt)
    {
        if (_channels is not null)
            return _afterRest.GetValue(answer, answer => _channels.Before(answer));
        if (EndsWith(prompt, _open))
            return _afterRest.GetValue(answer, answer => Grammar.Sequence(_rest, answer));
        return _mayReason && !EndsWith(prompt, _close)
            ? _afterWholeOrNone.GetValue(answer, answer => Grammar.Sequence(_wholeOrNone, answer))
            : answer;
    }

    /// <summary>What keeps the calls of an otherwise free answer valid, where nothing in the reasoning before it is a call.</summary>
    /// <param name="calls">The same for what follows the reasoning.</param>
    /// <param name="prompt">The prompt, whose template may have begun the reasoning.</param>
    public FunctionCallConstraint Before(FunctionCallConstraint calls, ReadOnlySpan<int> prompt)
    {
        if (calls.Trigger is not { } trigger)
            return calls with { Grammar = Before(calls.Grammar, prompt) };
        return calls with
        {
            Trigger = EndsWith(prompt, _open)
                ? _triggersAfterRest.GetValue(trigger, trigger => trigger.SkippingFirst([], Bytes(_close)))
                : _triggersAfterWholeOrNone.GetValue(trigger, trigger => trigger.SkippingFirst(Bytes(_open), Bytes(_close))),
        };

        byte[] Bytes(string mark) => _areControl ? ControlText.Bytes(mark) : Encoding.UTF8.GetBytes(mark);
    }

    /// <summary>The number of tokens up to the end of the reasoning with which an answer begins.</summary>
    /// <param name="answer">The tokens of an answer with reasoning.</param>
    public int CountReasoning(int[] answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (_channels is not null)
            return ChannelFormat.CountReasoning(answer.Select(token => _tokenizer.Decode([token], skipSpecialTokens: false)));

        // The least number of first tokens whose text has the marker.
        (int none, int enough) = (0, answer.Length);
        while (none < enough)
        {
            int middle = (none + enough) / 2;
            if (_tokenizer.Decode(answer.AsSpan(0, middle), skipSpecialTokens: false).Contains(_close, StringComparison.Ordinal))
                enough = middle;
            else
                none = middle + 1;
        }

        return enough;
    }

    private bool EndsWith(ReadOnlySpan<int> prompt, string mark) =>
        EndOf(prompt).AsSpan().TrimEnd().EndsWith(mark, StringComparison.Ordinal);

    private string EndOf(ReadOnlySpan<int> prompt) =>
        _tokenizer.Decode(prompt[^Math.Min(prompt.Length, LongestBeginning)..], skipSpecialTokens: false);

    /// <summary>A regular expression of the texts without a mark: after each beginning of it, of which only the first character comes once,
    /// something else follows than its next character.</summary>
    private static string Inside(string close)
    {
        IEnumerable<string> beginnings = Enumerable.Range(1, close.Length - 1)
            .Select(length => $"{close[..length]}([^{close[length]}<][^<]*)?");
        return $"[^<]*({string.Join('|', beginnings)})*";
    }
}

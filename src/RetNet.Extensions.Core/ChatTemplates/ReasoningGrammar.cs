using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>Lets a model reason freely before an answer that a grammar constrains, wholly or from a call on, as
/// <see cref="ReasoningReader"/> reads it.</summary>
[Experimental("RETNET001")]
public static class ReasoningGrammar
{
    // A model that reasons has a token for it; what it writes first is then free up to the marker.
    private static readonly Grammar Rest = Grammar.FromRegex($"{Inside()}{ReasoningReader.Close}[ \\n]{{0,2}}");
    private static readonly Grammar WholeOrNone =
        Grammar.FromRegex($"({ReasoningReader.Open}{Inside()}{ReasoningReader.Close}[ \\n]{{0,2}})?");

    private static readonly ConditionalWeakTable<Grammar, Grammar> AfterRest = [];
    private static readonly ConditionalWeakTable<Grammar, Grammar> AfterWholeOrNone = [];

    // What is known of a trigger is kept with it, so that there is one for equal requests.
    private static readonly ConditionalWeakTable<GrammarTrigger, GrammarTrigger> TriggersAfterRest = [];
    private static readonly ConditionalWeakTable<GrammarTrigger, GrammarTrigger> TriggersAfterWholeOrNone = [];

    /// <summary>The grammar of an answer, with reasoning before it where the model reasons.</summary>
    /// <param name="answer">The grammar of what follows the reasoning.</param>
    /// <param name="isOpened">Whether the prompt begins the reasoning.</param>
    /// <param name="prompt">The prompt, whose template may have ended the reasoning.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    public static Grammar Before(Grammar answer, bool isOpened, ReadOnlySpan<int> prompt, Tokenizer tokenizer)
    {
        if (isOpened)
            return AfterRest.GetValue(answer, static answer => Grammar.Sequence(Rest, answer));
        bool reasons = tokenizer.TokenId(ReasoningReader.Open) is not null && !ReasoningReader.IsClosedBy(prompt, tokenizer);
        return reasons ? AfterWholeOrNone.GetValue(answer, static answer => Grammar.Sequence(WholeOrNone, answer)) : answer;
    }

    /// <summary>The trigger of a grammar in an answer, which nothing in the reasoning before it is.</summary>
    /// <param name="trigger">The trigger in what follows the reasoning.</param>
    /// <param name="isOpened">Whether the prompt begins the reasoning.</param>
    public static GrammarTrigger Before(GrammarTrigger trigger, bool isOpened) => isOpened
        ? TriggersAfterRest.GetValue(trigger, static trigger => trigger.SkippingFirst("", ReasoningReader.Close))
        : TriggersAfterWholeOrNone.GetValue(
            trigger, static trigger => trigger.SkippingFirst(ReasoningReader.Open, ReasoningReader.Close));

    /// <summary>A regular expression of the texts without <see cref="ReasoningReader.Close"/>: after each beginning of it, of which only
    /// the first character comes once, something else follows than its next character.</summary>
    private static string Inside()
    {
        const string close = ReasoningReader.Close;
        IEnumerable<string> beginnings = Enumerable.Range(1, close.Length - 1)
            .Select(length => $"{close[..length]}([^{close[length]}<][^<]*)?");
        return $"[^<]*({string.Join('|', beginnings)})*";
    }
}

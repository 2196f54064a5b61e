using RetNet.Extensions.Core.ChatTemplates.Calls;
using RetNet.Extensions.Core.Grammars;

namespace RetNet.Extensions.Core.ChatTemplates.Channels;

/// <summary>Answers that are several messages, each in a channel (the format "harmony" of gpt-oss):
/// <c>&lt;|channel|&gt;analysis&lt;|message|&gt;…&lt;|end|&gt;&lt;|start|&gt;assistant&lt;|channel|&gt;final&lt;|message|&gt;…</c>. The
/// prompt ends with <c>&lt;|start|&gt;assistant</c>.</summary>
internal sealed class ChannelFormat
{
    public const string Channel = "<|channel|>";
    public const string Message = "<|message|>";
    public const string Start = "<|start|>";
    public const string End = "<|end|>";
    public const string EndOfCall = "<|call|>";
    public const string EndOfAnswer = "<|return|>";
    public const string Analysis = "analysis";
    public const string Recipient = "to=functions.";

    private const string Constraint = " <|constrain|>json";
    private const string Commentary = $"{Channel}commentary";

    private static readonly string[] Marks = [Channel, Message, Start, End, EndOfCall, EndOfAnswer, "<|constrain|>"];

    private readonly Grammar _before;
    private readonly Grammar _finalHeader;

    /// <param name="controlTokens">The tokenizer's control tokens by their text.</param>
    public ChannelFormat(IReadOnlyDictionary<string, int> controlTokens)
    {
        ControlTokens = [.. Marks.Where(controlTokens.ContainsKey).Select(mark => controlTokens[mark])];
        Grammar anything = ControlText.Anything;
        Grammar channel = Grammar.Choice(Literal(Channel + Analysis), Literal(Commentary));
        _before = Grammar.Repeat(Grammar.Sequence(channel, Literal(Message), anything, Literal($"{End}{Start}assistant")), 0);
        _finalHeader = Grammar.Sequence(
            Literal($"{Channel}final"), Grammar.Optional(Literal(Constraint)), Literal(Message));
        AnyText = Text(anything);

        Grammar Literal(string text) => ControlText.Literal(text, controlTokens.Keys);
    }

    /// <summary>How calls are passed on and, with other orders of what the header says, written.</summary>
    public static CallForm Call { get; } = new($"{Commentary} {Recipient}", $"{Constraint}{Message}", "")
    {
        Headers =
        [
            ($"{Commentary} {Recipient}", $"{Constraint}{Message}"),
            ($"{Commentary} {Recipient}", $" json{Message}"),
            ($" {Recipient}", $"{Commentary}{Constraint}{Message}"),
            ($" {Recipient}", $"{Commentary} json{Message}"),
        ],
    };

    /// <summary>The control tokens of headers and ends.</summary>
    public IReadOnlyList<int> ControlTokens { get; }

    /// <summary>An answer with any text, after <see cref="Before"/>.</summary>
    public Grammar AnyText { get; }

    /// <summary>Whether answers in channels are what a template writes.</summary>
    /// <param name="template">Its text.</param>
    public static bool IsUsedBy(string template) =>
        template.Contains(Channel, StringComparison.Ordinal) && template.Contains(Message, StringComparison.Ordinal);

    /// <summary>The last message, where a grammar is that of its text.</summary>
    public Grammar Text(Grammar text) => Grammar.Sequence(_finalHeader, text);

    /// <summary>The messages before the last one, whose texts are free.</summary>
    public Grammar Before(Grammar last) => Grammar.Sequence(_before, last);

    /// <summary>What a prompt has begun of the answer's first header.</summary>
    /// <param name="prompt">The end of the prompt with the text of its control tokens.</param>
    public static string BeginningIn(string prompt)
    {
        int start = prompt.LastIndexOf(Start, StringComparison.Ordinal);
        string header = start < 0 ? "" : prompt[(start + Start.Length)..];
        int role = header.AsSpan().IndexOfAny(" <");
        return role < 0 ? "" : header[role..];
    }

    /// <summary>The number of tokens of reasoning.</summary>
    /// <param name="texts">The texts of an answer's tokens.</param>
    public static int CountReasoning(IEnumerable<string> texts)
    {
        ChannelReader reader = new(passesCalls: true);
        (int read, int count) = (0, 0);
        foreach (string text in texts)
        {
            read++;
            if (reader.Add(text).Reasoning.Length > 0)
                count = read;
        }

        return count;
    }
}

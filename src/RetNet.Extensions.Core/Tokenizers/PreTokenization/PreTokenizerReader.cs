using System.Globalization;
using System.Text;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>Reads the <c>pre_tokenizer</c> of a tokenizer.json.</summary>
internal static class PreTokenizerReader
{
    private const string Supported = "Sequence, ByteLevel, Split, Metaspace, Digits, Whitespace, WhitespaceSplit, CharDelimiterSplit, "
        + "FixedLength, BertPreTokenizer or Punctuation";

    public static PreTokenizer Read(JsonPart part) =>
        new PreTokenizerSequence([.. StepReader.Steps(part, "pretokenizers").Select(ReadStep)]);

    private static PreTokenizer ReadStep(JsonPart part) => part.Type() switch
    {
        "ByteLevel" => new ByteLevelPreTokenizer(part.Required("add_prefix_space").Flag(), part.Flag("use_regex", true)),
        "Split" => new SplitPreTokenizer(
            TextPatternReader.Read(part.Required("pattern")), ReadBehavior(part.Required("behavior")), part.Flag("invert", false)),
        "Metaspace" => ReadMetaspace(part),
        "Digits" => new SplitPreTokenizer(
            new CharacterPattern(IsNumeric), part.Flag("individual_digits", false)
                ? SplitBehavior.Isolated
                : SplitBehavior.Contiguous, invert: false),
        "Whitespace" => new PreTokenizerSequence([SpaceSplitter(), WordSplitter()]),
        "WhitespaceSplit" => SpaceSplitter(),
        "CharDelimiterSplit" => new SplitPreTokenizer(
            new LiteralPattern(part.Required("delimiter").Character().ToString()), SplitBehavior.Removed, invert: false),
        "FixedLength" => new SplitPreTokenizer(new LengthPattern(ReadLength(part.Member("length"))), SplitBehavior.Isolated, invert: false),
        "Punctuation" => PunctuationSplitter(
            part.Member("behavior") is { } behavior ? ReadBehavior(behavior) : SplitBehavior.Isolated),
        "BertPreTokenizer" => new PreTokenizerSequence([SpaceSplitter(), PunctuationSplitter(SplitBehavior.Isolated)]),
        _ => throw part.Unsupported("pre-tokenizer", Supported),
    };

    /// <summary>The prepend scheme of a Metaspace pre-tokenizer or decoder, in its present or its older spelling.</summary>
    public static PrependScheme ReadPrependScheme(JsonPart part)
    {
        PrependScheme? scheme = part.Member("prepend_scheme") is not { } name ? (PrependScheme?)null : name.Text() switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            _ => throw name.Unexpected("\"always\", \"first\" or \"never\""),
        };
        if (part.Member("add_prefix_space") is not { } legacy || legacy.Flag())
            return scheme ?? PrependScheme.Always;
        return scheme is null or PrependScheme.Never
            ? PrependScheme.Never
            : throw legacy.Unexpected("true, to agree with prepend_scheme");
    }

    private static MetaspacePreTokenizer ReadMetaspace(JsonPart part) =>
        new(part.Required("replacement").Character().ToString(), ReadPrependScheme(part), part.Flag("split", true));

    private static int ReadLength(JsonPart? part) => part is not { } length ? 5
        : length.Count() is var count and > 0 ? count : throw length.Unexpected("at least 1");

    private static SplitBehavior ReadBehavior(JsonPart part) => part.Text() switch
    {
        "Removed" => SplitBehavior.Removed,
        "Isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        _ => throw part.Unexpected("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous"),
    };

    private static SplitPreTokenizer SpaceSplitter() => new(new CharacterPattern(Rune.IsWhiteSpace), SplitBehavior.Removed, invert: false);

    private static SplitPreTokenizer WordSplitter() =>
        new(new CharacterPattern(WordCharacters.Contains), SplitBehavior.Contiguous, invert: false);

    private static SplitPreTokenizer PunctuationSplitter(SplitBehavior behavior) =>
        new(new CharacterPattern(IsPunctuation), behavior, invert: false);

    private static bool IsNumeric(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private static bool IsPunctuation(Rune rune) =>
        Rune.IsPunctuation(rune) || (rune.IsAscii && Rune.IsSymbol(rune));
}

/// <summary>Treats spaces as SentencePiece does: each becomes a visible character ("▁"), one is put in front, and words are cut before
/// it.</summary>
internal sealed class MetaspacePreTokenizer(string replacement, PrependScheme scheme, bool split) : PreTokenizer
{
    private readonly SplitPreTokenizer _splitter = new(new LiteralPattern(replacement), SplitBehavior.MergedWithNext, invert: false);

    public override List<Piece> Apply(List<Piece> pieces, TextLimits limits)
    {
        List<Piece> result = new(pieces.Count);
        foreach (Piece piece in pieces)
            result.Add(piece.IsToken ? piece : piece with { Text = Rewrite(piece).AsMemory() });
        return split ? _splitter.Apply(result, limits) : result;
    }

    private string Rewrite(Piece piece)
    {
        string text = piece.Text.ToString().Replace(" ", replacement, StringComparison.Ordinal);
        bool prepend = scheme == PrependScheme.Always || (scheme == PrependScheme.First && piece.AtStart);
        return prepend && !text.StartsWith(replacement, StringComparison.Ordinal) ? replacement + text : text;
    }
}

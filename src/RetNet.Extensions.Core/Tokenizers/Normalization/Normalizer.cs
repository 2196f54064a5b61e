using System.Globalization;
using System.Text;
using RetNet.Extensions.Core.Tokenizers.PreTokenization;
using RetNet.Extensions.Core.Tokenizers.Text;
using RetNet.Extensions.Core.Tokenizers.Unicode;

namespace RetNet.Extensions.Core.Tokenizers.Normalization;

/// <summary>A step that rewrites text before it is cut into pieces (<c>normalizer</c> in tokenizer.json).</summary>
internal abstract class Normalizer
{
    /// <summary>Rewrites <paramref name="text"/>.</summary>
    /// <exception cref="TextTimeException">A regular expression takes too long.</exception>
    /// <exception cref="TextGrowthException">The result is longer than <paramref name="limits"/> allow.</exception>
    public abstract MarkedText Normalize(MarkedText text, TextLimits limits);
}

/// <summary>Lower-cases each character by itself, without regard to language or position in the word.</summary>
internal sealed class LowercaseNormalizer : Normalizer
{
    // The one character whose lower case is longer than itself.
    private const int DottedCapitalI = 0x130;
    private const string LowercaseDottedI = "i\u0307";

    public override MarkedText Normalize(MarkedText text, TextLimits limits) => MarkedRuns.Transform(text, Lowercase);

    private static string Lowercase(string text)
    {
        if (Ascii.IsValid(text))
            return text.ToLowerInvariant();
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value == DottedCapitalI)
                result.Append(LowercaseDottedI);
            else
                result.Append(new Rune(UnicodeData.LowerCase(rune.Value)));
        }

        return result.ToString();
    }
}

/// <summary>Normalizers one after the other.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<Normalizer> steps) : Normalizer
{
    public override MarkedText Normalize(MarkedText text, TextLimits limits)
    {
        foreach (Normalizer step in steps)
        {
            text = step.Normalize(text, limits);
            limits.Require(text.Length);
        }

        return text;
    }
}

/// <summary>Puts a text in front of every text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    private readonly MarkedText _prefix = MarkedText.Trusted(prefix);

    public override MarkedText Normalize(MarkedText text, TextLimits limits) => text.Length == 0 ? text : _prefix + text;
}

/// <summary>Replaces every match of a pattern by a fixed text.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string replacement) : Normalizer
{
    private readonly MarkedText _replacement = MarkedText.Trusted(replacement);

    public override MarkedText Normalize(MarkedText text, TextLimits limits)
    {
        List<(int Start, int End)> matches = new();
        pattern.FindMatches(text.Text, matches, limits);
        if (matches.Count == 0)
            return text;
        MarkedTextBuilder result = new();
        int done = 0;
        foreach ((int start, int end) in matches)
        {
            result.Append(text.Slice(done, start - done));
            result.Append(text.IsFromOutside(start, end - start) ? MarkedText.FromOutside(replacement) : _replacement);
            done = end;
            limits.Require(result.Length);
        }

        result.Append(text.Slice(done, text.Length - done));
        return result.ToMarkedText();
    }
}

/// <summary>Removes the characters of some categories of marks.</summary>
internal sealed class MarkRemovingNormalizer(Predicate<UnicodeCategory> removes) : Normalizer
{
    public override MarkedText Normalize(MarkedText text, TextLimits limits) => MarkedRuns.Transform(text, run =>
    {
        StringBuilder result = new(run.Length);
        foreach (Rune rune in run.EnumerateRunes())
        {
            if (!removes(Rune.GetUnicodeCategory(rune)))
                result.Append(rune);
        }

        return result.ToString();
    });
}

/// <summary>Removes white space at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    public override MarkedText Normalize(MarkedText text, TextLimits limits)
    {
        int start = left ? text.Length - text.Text.AsSpan().TrimStart().Length : 0;
        int end = right ? text.Text.AsSpan().TrimEnd().Length : text.Length;
        return text.Slice(start, Math.Max(0, end - start));
    }
}

/// <summary>Unicode normalization: NFC, NFD, NFKC or NFKD.</summary>
internal sealed class UnicodeNormalizer(UnicodeNormalization form) : Normalizer
{
    public override MarkedText Normalize(MarkedText text, TextLimits limits)
    {
        string whole = form.Normalize(text.Text);
        if (ReferenceEquals(whole, text.Text))
            return text;
        if (text.Origins is null)
            return MarkedText.Trusted(whole);
        // Marks are kept if template text and data do not combine with each other; otherwise every character counts as data.
        MarkedText parts = MarkedRuns.Transform(text, form.Normalize);
        return parts.Text == whole ? parts : MarkedText.FromOutside(whole);
    }
}

/// <summary>Writes each byte of UTF-8 as a character of <see cref="ByteAlphabet"/>.</summary>
internal sealed class ByteLevelNormalizer : Normalizer
{
    public override MarkedText Normalize(MarkedText text, TextLimits limits) => MarkedRuns.Transform(
        text, run => string.Concat(Encoding.UTF8.GetBytes(run).Select(ByteAlphabet.Character)));
}

/// <summary>Drops control characters and makes line ends, joiners and their like spaces, as the normalization "nmt" of SentencePiece
/// does.</summary>
internal sealed class NmtNormalizer : Normalizer
{
    public override MarkedText Normalize(MarkedText text, TextLimits limits) => MarkedRuns.Transform(text, run => string.Concat(
        run.Where(character => !IsDropped(character)).Select(character => IsSpace(character) ? ' ' : character)));

    private static bool IsDropped(char character) => character
        is (>= '\u0001' and <= '\u0008') or '\u000B' or (>= '\u000E' and <= '\u001F') or '\u007F' or '\u008F' or '\u009F';

    private static bool IsSpace(char character) => character
        is '\t' or '\n' or '\f' or '\r' or '\u1680' or (>= '\u200B' and <= '\u200F') or '\u2028' or '\u2029' or '\u2581' or '\uFEFF'
            or '\uFFFD';
}

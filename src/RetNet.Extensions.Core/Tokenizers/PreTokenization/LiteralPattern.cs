namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>A fixed text. An empty one matches nowhere.</summary>
internal sealed class LiteralPattern(string literal) : TextPattern
{
    public override void FindMatches(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        if (literal.Length == 0)
            return;
        for (var start = 0; text[start..].IndexOf(literal, StringComparison.Ordinal) is var step and >= 0; start += step + literal.Length)
            matches.Add((start + step, start + step + literal.Length));
    }
}

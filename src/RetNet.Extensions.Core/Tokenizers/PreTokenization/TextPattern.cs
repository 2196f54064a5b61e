namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>Something that is looked for in a text: a literal, a regular expression or a class of characters.</summary>
internal abstract class TextPattern
{
    /// <summary>Appends the matches in <paramref name="text"/>, in order and without overlap.</summary>
    public abstract void FindMatches(ReadOnlySpan<char> text, List<(int Start, int End)> matches);
}

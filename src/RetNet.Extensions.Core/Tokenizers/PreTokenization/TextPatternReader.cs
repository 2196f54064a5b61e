using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>Reads a pattern: <c>{"String": …}</c> or <c>{"Regex": …}</c>.</summary>
internal static class TextPatternReader
{
    public static TextPattern Read(JsonPart part)
    {
        if (part.Member("String") is { } literal)
            return new LiteralPattern(literal.Text());
        if (part.Member("Regex") is not { } regex)
            throw part.Unexpected("a member \"String\" or \"Regex\"");
        try
        {
            return new RegexPattern(regex.Text());
        }
        catch (ArgumentException e)
        {
            throw new JsonPartException(regex.Place, e.Message, "a regular expression", e);
        }
    }
}

namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>Searches for marks in a text that grows.</summary>
internal static class TextMarks
{
    /// <summary>The number of characters at the end of a text that may be the beginning of a mark.</summary>
    public static int BeginningAtEnd(ReadOnlySpan<char> text, ReadOnlySpan<char> mark)
    {
        for (int length = Math.Min(text.Length, mark.Length - 1); length > 0; length--)
        {
            if (text.EndsWith(mark[..length], StringComparison.Ordinal))
                return length;
        }

        return 0;
    }
}

namespace RetNet.Extensions.AI;

/// <summary>Finds markers in a text that comes in pieces.</summary>
internal static class TextMarkers
{
    /// <summary>The number of characters at the end of a text that may be the beginning of a marker.</summary>
    public static int BeginningAtEnd(string text, string marker)
    {
        for (int length = Math.Min(text.Length, marker.Length - 1); length > 0; length--)
        {
            if (text.AsSpan().EndsWith(marker.AsSpan(0, length), StringComparison.Ordinal))
                return length;
        }

        return 0;
    }
}

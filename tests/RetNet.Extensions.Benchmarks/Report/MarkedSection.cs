namespace RetNet.Extensions.Benchmarks.Report;

/// <summary>The part of a document between two comments, which a program writes.</summary>
internal static class MarkedSection
{
    public const string Begin = "<!-- compare: begin -->";
    public const string End = "<!-- compare: end -->";

    /// <summary>Puts new content between the comments.</summary>
    /// <param name="document">The document.</param>
    /// <param name="content">The content, whole lines.</param>
    /// <returns>The document with the content.</returns>
    /// <exception cref="InvalidDataException">The document lacks one of the comments, or has them the wrong way round.</exception>
    public static string Replace(string document, string content)
    {
        int begin = document.IndexOf(Begin, StringComparison.Ordinal);
        int end = document.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            throw new InvalidDataException($"The document has no lines '{Begin}' and, below, '{End}'; "
                + "expected them around what is written.");
        }

        return document[..(begin + Begin.Length)] + "\n\n" + content.TrimEnd('\n') + "\n\n" + document[end..];
    }
}

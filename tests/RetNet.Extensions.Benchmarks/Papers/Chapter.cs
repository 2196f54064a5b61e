using System.Text.RegularExpressions;
using RetNet.Extensions.Tool;

namespace RetNet.Extensions.Benchmarks.Papers;

/// <summary>A chapter of a book, or an address, as a row of an ML.NET pipeline.</summary>
internal sealed partial class Chapter
{
    // Headings alone, as in a table of contents, are no chapters.
    private const int ShortestChapter = 2000;

    /// <summary>The name of the file that it is from, and the part of the book where the book is in parts.</summary>
    public string Book { get; init; } = "";

    /// <summary>Its text.</summary>
    public string Text { get; init; } = "";

    /// <summary>The chapters of files.</summary>
    /// <param name="paths">Texts whose chapters begin with a line <c>CHAPTER …</c>, and whose parts, if there are any, with a line
    /// <c>BOOK …</c>.</param>
    /// <param name="perBook">So many of a part at most, spread evenly over it.</param>
    public static List<Chapter> Read(IEnumerable<string> paths, int perBook)
    {
        List<Chapter> chapters = [];
        foreach (string path in paths)
        {
            string name = Path.GetFileNameWithoutExtension(path), part = "";
            List<Chapter> all = [];
            foreach (string text in Heading().Split(TextFile.Read(path).ReplaceLineEndings("\n")))
            {
                if (text.StartsWith("BOOK ", StringComparison.Ordinal))
                    part = text[..(text.IndexOfAny(['.', ':', '\n']) is var end and >= 0 ? end : text.Length)];
                else if (text.Length >= ShortestChapter)
                    all.Add(new Chapter { Book = $"{name} {part}", Text = text });
            }

            foreach (Chapter[] book in all.GroupBy(chapter => chapter.Book).Select(book => book.ToArray()))
            {
                int taken = Math.Min(perBook, book.Length);
                chapters.AddRange(Enumerable.Range(0, taken).Select(i => book[i * book.Length / taken]));
            }
        }

        return chapters;
    }

    // Cuts before each heading of a part, and before and behind each heading of a chapter, which tells its number.
    [GeneratedRegex(@"(?=^BOOK )|^CHAPTER .*$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}

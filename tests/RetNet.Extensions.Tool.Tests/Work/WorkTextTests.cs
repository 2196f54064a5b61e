using RetNet.Extensions.Tool.Work;

namespace RetNet.Extensions.Tool.Tests.Work;

public sealed class WorkTextTests
{
    // Next line, line separator, paragraph separator, form feed, vertical tab.
    private const string InsideALine = "a\u0085b\u2028c\u2029d\fe\vf";

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void A_line_ends_where_JSON_lines_end_and_nowhere_else(string end)
    {
        using WorkFolder folder = new();
        string json = $"{{\"text\": \"{InsideALine.Replace("\f", "\\f").Replace("\v", "\\u000b")}\"}}";

        foreach (string file in (string[])[
            folder.Write("texts.txt", $"{InsideALine}{end}{end}last"),
            folder.Write("texts.jsonl", $"{json}{end}{end}{{\"text\": \"last\"}}{end}")])
        {
            Assert.Equal([(1, InsideALine), (3, "last")], WorkText.ReadFile(file).Select(text => (text.Line, text.Text.Text)));
        }
    }
}

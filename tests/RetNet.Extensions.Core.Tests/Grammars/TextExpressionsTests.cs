using System.Text;
using System.Text.Json;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Tests.Grammars;

public class TextExpressionsTests
{
    private static readonly int[] CodePoints =
        [0, 9, 10, 31, 32, '"', '/', '\\', 'a', 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x1F600, 0xFFFFF, 0x10FFFF];

    [Fact]
    public void A_class_has_every_way_in_which_JSON_writes_its_characters_and_no_other()
    {
        ExpressionPool pool = new();
        TextExpressions text = new(pool, TextForm.JsonString);
        foreach (int codePoint in CodePoints)
        {
            Expression one = text.Class(CodePointSet.Of((codePoint, codePoint)));
            foreach (int other in CodePoints)
            {
                foreach (string written in Spellings(other))
                    Assert.True(pool.Matches(one, Encoding.UTF8.GetBytes(written)) == (codePoint == other), $"{codePoint:X} as {written}");
            }
        }
    }

    [Theory]
    [InlineData("\"")]
    [InlineData("\\")]
    [InlineData("\\x")]
    [InlineData("\n")]
    [InlineData("\\u12")]
    [InlineData("\\ud800")]
    [InlineData("\\ud800a")]
    [InlineData("\\udc00")]
    [InlineData("\\ud83d\\u0041")]
    public void What_is_no_JSON_is_no_character(string written)
    {
        ExpressionPool pool = new();
        Assert.False(pool.Matches(new TextExpressions(pool, TextForm.JsonString).Anything, Encoding.UTF8.GetBytes(written)));
    }

    [Theory]
    [InlineData(new byte[] { 0xC0, 0x80 })]
    [InlineData(new byte[] { 0xE0, 0x80, 0x80 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xC3 })]
    public void What_is_no_UTF8_is_no_text(byte[] bytes)
    {
        ExpressionPool pool = new();
        Assert.False(pool.Matches(new TextExpressions(pool, TextForm.Plain).Anything, bytes));
    }

    [Property(MaxTest = 200)]
    public bool A_literal_is_matched_however_it_is_escaped(string? content)
    {
        string text = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(content ?? ""));
        ExpressionPool pool = new();
        TextExpressions texts = new(pool, TextForm.JsonString);
        Expression literal = texts.Literal(text);
        byte[] escaped = Encoding.UTF8.GetBytes(string.Concat(text.Select(unit => $"\\u{(int)unit:X4}")));
        byte[] written = JsonSerializer.SerializeToUtf8Bytes(text)[1..^1];
        return pool.Matches(literal, escaped) && pool.Matches(literal, written)
            && !pool.Matches(texts.Not(literal), escaped) && !pool.Matches(texts.Not(literal), written)
            && pool.Matches(texts.Length(0, 2), escaped) == text.EnumerateRunes().Count() <= 2;
    }

    [Property(MaxTest = 200)]
    public bool Sets_of_code_points_are_sets((int, int)[] ranges, (int, int)[] others)
    {
        CodePointSet left = Set(ranges), right = Set(others);
        return Array.TrueForAll(CodePoints, codePoint =>
            left.Union(right).Contains(codePoint) == (left.Contains(codePoint) || right.Contains(codePoint))
            && left.Intersection(right).Contains(codePoint) == (left.Contains(codePoint) && right.Contains(codePoint))
            && left.Complement().Contains(codePoint) == !left.Contains(codePoint));
    }

    private static CodePointSet Set((int, int)[] ranges) => CodePointSet.Of([.. ranges.Select(range =>
        (CodePoints[(uint)range.Item1 % CodePoints.Length], CodePoints[(uint)range.Item2 % CodePoints.Length]))
        .Select(range => (Math.Min(range.Item1, range.Item2), Math.Max(range.Item1, range.Item2)))]);

    private static IEnumerable<string> Spellings(int codePoint)
    {
        string text = new Rune(codePoint).ToString();
        yield return string.Concat(text.Select(unit => $"\\u{(int)unit:x4}"));
        yield return string.Concat(text.Select(unit => $"\\u{(int)unit:X4}"));
        if (codePoint >= 0x20 && codePoint != '"' && codePoint != '\\')
            yield return text;
        int at = "\"\\/\b\f\n\r\t".IndexOf(text, StringComparison.Ordinal);
        if (at >= 0)
            yield return $"\\{"\"\\/bfnrt"[at]}";
    }
}

using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Tokenizers.Normalization;
using RetNet.Extensions.Core.Tokenizers.PreTokenization;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tests.Tokenizers;

/// <summary>Single steps of a tokenizer.json, each as the Rust source of the tokenizers library defines it.</summary>
public class TokenizerStepTests
{
    [Theory]
    [InlineData("""{"type":"Whitespace"}""", "Hey, you_2!  ok", "Hey|,|you_2|!|ok")]
    [InlineData("""{"type":"Whitespace"}""", "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647.", "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647|.")]
    [InlineData("""{"type":"Whitespace"}""", "a\u200Db \U0001F130x\U0001F600", "a\u200Db|\U0001F130x|\U0001F600")]
    [InlineData("""{"type":"CharDelimiterSplit","delimiter":"-"}""", "a--b c-", "a|b c")]
    [InlineData("""{"type":"FixedLength","length":2}""", "a\U0001F600bcd", "a\U0001F600|bc|d")]
    [InlineData("""{"type":"FixedLength"}""", "abcdefg", "abcde|fg")]
    public void Text_is_cut_as_the_library_cuts_it(string step, string text, string pieces)
    {
        List<Piece> cut = PreTokenizerReader.Read(Part(step))
            .Apply([new Piece(text.AsMemory(), Piece.NoId, AtStart: true)], new TextLimits(text.Length));

        Assert.Equal(pieces, string.Join('|', cut.Select(piece => piece.Text.ToString())));
    }

    [Theory]
    [InlineData("ByteLevel", "a \u00E9", "a\u0120\u00C3\u00A9")]
    [InlineData("Nmt", "a\u0001\u007Fb\tc\u200Bd\uFEFFe\u2581\u0085", "ab c d e \u0085")]
    public void Text_is_normalized_as_the_library_normalizes_it(string step, string text, string normalized) =>
        Assert.Equal(normalized, NormalizerReader.Read(Part($$"""{"type":"{{step}}"}"""))
            .Normalize(MarkedText.Trusted(text), new TextLimits(text.Length)).Text);

    [Fact]
    public void A_decoder_may_replace_what_an_expression_matches()
    {
        Tokenizer tokenizer = Parse("""{"type":"BPE","vocab":{"a__b":0,"_c":1,"d":2},"merges":[]}""",
            """ "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"Regex":"_+"},"content":" "},{"type":"Fuse"}]},""");

        Assert.Equal("a b cd", tokenizer.Decode([0, 1, 2]));
    }

    [Theory]
    [InlineData("""{"type":"FixedLength","length":0}""", "at least 1")]
    [InlineData("""{"type":"CharDelimiterSplit","delimiter":"ab"}""", "a single character")]
    [InlineData("""{"type":"UnicodeScripts"}""", "Whitespace")]
    public void A_step_that_is_not_supported_is_refused_by_name(string step, string expected) =>
        Assert.Contains(expected, Assert.Throws<JsonPartException>(() => PreTokenizerReader.Read(Part(step))).Expected,
            StringComparison.Ordinal);

    [Fact]
    public void An_unknown_token_that_is_none_matters_only_for_unknown_characters()
    {
        Tokenizer tokenizer = Parse("""{"type":"BPE","unk_token":"<unk>","vocab":{"a":0},"merges":[]}""");

        Assert.Equal([0, 0], tokenizer.Encode("aa"));
        Assert.Contains("unk_token", Assert.Throws<TokenizerException>(() => tokenizer.Encode("ab")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_merge_that_is_there_twice_the_last_counts()
    {
        Tokenizer tokenizer = Parse(
            """{"type":"BPE","dropout":0.1,"vocab":{"a":0,"b":1,"c":2,"ab":3,"bc":4},"merges":["a b","b c","a b"]}""");

        Assert.Equal([0, 4], tokenizer.Encode("abc"));
    }

    private static Tokenizer Parse(string model, string more = "") =>
        Tokenizer.Parse(Encoding.UTF8.GetBytes($$"""{{{more}}"model":{{model}} }"""), "tokenizer.json");

    private static JsonPart Part(string json) => new(JsonElement.Parse(json), "step", "tokenizer.json");
}

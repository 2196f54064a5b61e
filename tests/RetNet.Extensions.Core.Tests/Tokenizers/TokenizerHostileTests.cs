using System.Diagnostics;
using System.Text;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tests.Tokenizers;

/// <summary>Files made to break the reader: each is refused with a message that names the place, without a large allocation.</summary>
public class TokenizerHostileTests
{
    private const string Vocabulary = """{"a":0,"b":1,"ab":2}""";
    private const long LargestAllocation = 64 << 20;

    public static TheoryData<string, string, string> Files => new()
    {
        { "empty file", "", "JSON" },
        { "truncated", """{"model":{"type":"BPE","vocab":{"a":0""", "JSON" },
        { "not an object", "[]", "an object" },
        { "a number", "17", "an object" },
        { "nothing in it", "{}", "model" },
        { "null model", """{"model":null}""", "model" },
        { "invalid UTF-8", "{\"model\":{\"type\":\"\u00ff", "JSON" },
        { "lone surrogate", Model("""{"\ud800":0}""", "[]"), "Unicode" },
        { "deep nesting", new string('[', 100_000), "JSON" },
        { "deep normalizers", With("normalizer", Nest(40, """{"type":"Sequence","normalizers":[""", """{"type":"NFC"}""", "]}")), "JSON" },
        { "unknown version", """{"version":"9","model":{}}""", "version" },
        { "WordLevel", """{"model":{"type":"WordLevel","vocab":{}}}""", "WordLevel" },
        { "model without a type", """{"model":{"vocab":{}}}""", "model.type" },
        { "WordPiece without its unknown token", """{"model":{"type":"WordPiece","unk_token":"?","vocab":{"a":0}}}""", "unk_token" },
        { "Unigram", """{"model":{"type":"Unigram","vocab":{}}}""", "model.vocab" },
        { "Unigram token without a score", """{"model":{"type":"Unigram","vocab":[["a"]]}}""", "model.vocab[0]" },
        { "Unigram token twice", """{"model":{"type":"Unigram","vocab":[["a",0],["a",-1]]}}""", "each token once" },
        { "Unigram score beyond numbers", """{"model":{"type":"Unigram","vocab":[["a",1e999]]}}""", "model.vocab[0]" },
        { "unknown id beyond the vocabulary", """{"model":{"type":"Unigram","unk_id":1,"vocab":[["a",0]]}}""", "unk_id" },
        { "token that is too long for a trie", $$"""{"model":{"type":"Unigram","vocab":[["{{new string('x', 2000)}}",0]]} }""", "2000" },
        { "charsmap of nothing", With("normalizer", """{"type":"Precompiled","precompiled_charsmap":""}"""), "precompiled_charsmap" },
        { "charsmap that is no base64", With("normalizer", """{"type":"Precompiled","precompiled_charsmap":"?"}"""), "base64" },
        { "charsmap shorter than it says", With("normalizer", """{"type":"Precompiled","precompiled_charsmap":"/////w=="}"""), "trie" },
        { "vocabulary is a list", Model("[]", "[]"), "model.vocab" },
        { "id is a string", Model("""{"a":"0"}""", "[]"), "model.vocab[\"a\"]" },
        { "negative id", Model("""{"a":-1}""", "[]"), "model.vocab[\"a\"]" },
        { "fractional id", Model("""{"a":0.5}""", "[]"), "model.vocab[\"a\"]" },
        { "id beyond 32 bits", Model("""{"a":4294967296}""", "[]"), "model.vocab[\"a\"]" },
        { "huge id", Model("""{"a":2147483647}""", "[]"), "2147483647" },
        { "gap of a billion", Model("""{"a":0,"b":1000000000}""", "[]"), "1000000000" },
        { "one id twice", Model("""{"a":0,"b":0}""", "[]"), "each id once" },
        { "one token twice", Model("""{"a":0,"a":1}""", "[]"), "each token once" },
        { "token of 100,000 characters", Model($$"""{"{{new string('x', 100_000)}}":0}""", "[]"), "100000 characters" },
        { "no merges", """{"model":{"type":"BPE","vocab":{}}}""", "merges" },
        { "merges are an object", Model(Vocabulary, "{}"), "model.merges" },
        { "merge of an unknown token", Model(Vocabulary, """["a c"]"""), "\"c\"" },
        { "merge into an unknown token", Model(Vocabulary, """["b a"]"""), "\"ba\"" },
        { "merge of one token", Model(Vocabulary, """["ab"]"""), "model.merges[0]" },
        { "merge of three tokens", Model(Vocabulary, """["a b a"]"""), "model.merges[0]" },
        { "merge of an array of three", Model(Vocabulary, """[["a","b","a"]]"""), "model.merges[0]" },
        { "merge of numbers", Model(Vocabulary, "[[0,1]]"), "model.merges[0]" },
        { "merge of nothing", Model("""{"":0,"a":1}""", """[["","a"]]"""), "model.merges[0]" },
        { "cycle through the empty token", Model("""{"":0,"a":1}""", """[["a",""],["","a"]]"""), "model.merges[0]" },
        { "dropout", Options("\"dropout\":1.5"), "dropout" },
        { "suffix", Options("\"end_of_word_suffix\":\"</w>\""), "end_of_word_suffix" },
        { "prefix", Options("\"continuing_subword_prefix\":\"##\""), "continuing_subword_prefix" },
        { "flag is a string", Options("\"byte_fallback\":\"yes\""), "byte_fallback" },
        { "added tokens are an object", With("added_tokens", "{}"), "added_tokens" },
        { "added token without content", With("added_tokens", """[{"id":3}]"""), "content" },
        { "added token without id", With("added_tokens", """[{"content":"x"}]"""), "id" },
        { "added token with another id", With("added_tokens", """[{"id":1,"content":"a"}]"""), "vocabulary's id 0" },
        { "added token on a taken id", With("added_tokens", """[{"id":0,"content":"x"}]"""), "each id once" },
        { "added token twice", With("added_tokens", """[{"id":3,"content":"x"},{"id":4,"content":"x"}]"""), "once" },
        { "added token far away", With("added_tokens", """[{"id":2000000000,"content":"x"}]"""), "2000000000" },
        { "added token of 2,000 characters", With("added_tokens", $$"""[{"id":3,"content":"{{new string('x', 2000)}}"}]"""), "1024" },
        { "unknown normalizer", With("normalizer", """{"type":"Rot13"}"""), "Rot13" },
        { "normalizer without a type", With("normalizer", "{}"), "type" },
        { "long prefix", With("normalizer", $$"""{"type":"Prepend","prepend":"{{new string('x', 5000)}}"}"""), "1024" },
        { "unknown pre-tokenizer", With("pre_tokenizer", """{"type":"Shredder"}"""), "Shredder" },
        { "unknown split behavior", With(
            "pre_tokenizer", """{"type":"Split","pattern":{"String":" "},"behavior":"Shred","invert":false}"""), "Shred" },
        { "pattern without a kind", With("pre_tokenizer", """{"type":"Split","pattern":{},"behavior":"Isolated"}"""), "pattern" },
        { "broken regular expression", Split("(a"), "regular expression" },
        { "unclosed class", Split("[a"), "unclosed character class" },
        { "class within a class", Split("[a[b]]"), "a character class within a character class" },
        { "script property", Split("""\\p{Han}+"""), "Han" },
        { "back reference", Split("""(a)\\1"""), "\\1" },
        { "regular expression of 10,000 characters", Split(new string('a', 10_000)), "10000 characters" },
        { "unknown prepend scheme", With("pre_tokenizer", """{"type":"Metaspace","replacement":"_","prepend_scheme":"often"}"""), "often" },
        { "replacement of two characters", With("pre_tokenizer", """{"type":"Metaspace","replacement":"__"}"""), "single character" },
        { "unknown post-processor", With("post_processor", """{"type":"PairProcessing"}"""), "PairProcessing" },
        { "post-processor with an id outside", With(
            "post_processor", """{"type":"BertProcessing","cls":["a",0],"sep":["?",99]}"""), "post_processor.sep[1]" },
        { "post-processor with a lone token", With(
            "post_processor", """{"type":"BertProcessing","cls":["a"],"sep":["b",1]}"""), "post_processor.cls" },
        { "template without text", With(
            "post_processor", """{"type":"TemplateProcessing","single":[],"special_tokens":{}}"""), "sequence A" },
        { "template with an unknown token", With(
            "post_processor", """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}],"special_tokens":{}}"""), "\"x\"" },
        { "template with an id outside", With("post_processor",
            """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}],"special_tokens":{"x":{"ids":[99]}}}"""), "vocabulary" },
        { "unknown decoder", With("decoder", """{"type":"CTC"}"""), "CTC" },
        { "decoder in an odd order", With(
            "decoder", """{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"ByteFallback"}]}"""), "ByteFallback" },
        { "decoder with half an expression", With(
            "decoder", """{"type":"Replace","pattern":{"Regex":"(a"},"content":""}"""), "decoder.pattern.Regex" },
        {
            "decoder with a slow expression", $$"""
                {"decoder":{"type":"Replace","pattern":{"Regex":"(a+)+$"},"content":""},
                "model":{"type":"BPE","vocab":{"{{new string('a', 60)}}b":0},"merges":[]} }
                """, "decoder"
        },
        { "decoder of six steps that make a text 50 times as long", With("decoder", Steps("decoders", 6, new string('a', 50))), "decoder" },
        { "decoder of 24 steps that double a text", With("decoder", Steps("decoders", 24, "aa")), "decoder" },
        { "one step that makes every token long", $$"""
            {"decoder":{{Step(new string('a', 1024))}},"model":{"type":"BPE","vocab":{{{string.Join(
                ',', Enumerable.Range(0, 1_000).Select(i => $"\"{new string('a', 100 + i)}\":{i}"))}}},"merges":[]} }
            """, "decoder" },
        { "normalizer that makes added tokens long", $$"""
            {"normalizer":{{Step(new string('a', 1024))}},"added_tokens":[{{string.Join(
                ',', Enumerable.Range(3, 1_000).Select(i => $"{{\"id\":{i},\"normalized\":true,\"content\":\"{new string('a', i)}\"}}"))}}],
            "model":{"type":"BPE","vocab":{{Vocabulary}},"merges":[]} }
            """, "normalizer" },
        { "more steps than any file has", With("decoder", Steps("decoders", 65, "a")), "decoders[64]" },
        { "more normalizers than any file has", With("normalizer", Steps("normalizers", 65, "a")), "normalizers[64]" },
        { "more pre-tokenizers than any file has", With("pre_tokenizer",
            $$"""{"type":"Sequence","pretokenizers":[{{Repeated(65, """{"type":"Digits"}""")}}]}"""), "pretokenizers[64]" },
        { "negative strip", With("decoder", """{"type":"Strip","content":" ","start":-1,"stop":0}"""), "start" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Is_refused_by_name(string what, string json, string named)
    {
        Stopwatch clock = Stopwatch.StartNew();
        long before = GC.GetAllocatedBytesForCurrentThread();
        TokenizerException e = Assert.Throws<TokenizerException>(() => Tokenizer.Parse(Encoding.UTF8.GetBytes(json), "hostile.json"));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < LargestAllocation, what);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), what);
        Assert.StartsWith("hostile.json", e.Message, StringComparison.Ordinal);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_refused() =>
        Assert.Contains("nowhere", Assert.Throws<TokenizerException>(() => Tokenizer.Load("nowhere/tokenizer.json")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Links_to_nothing_to_themselves_and_to_devices_are_refused()
    {
        if (OperatingSystem.IsWindows())
            return;
        foreach (string target in new[] { "nothing", "tokenizer.json", "/dev/zero", "." })
        {
            using TemporaryFolder folder = new();
            File.CreateSymbolicLink(folder["tokenizer.json"], target);
            Assert.Equal(folder["tokenizer.json"], Assert.Throws<TokenizerException>(() => Tokenizer.Load(folder.Root)).FileName);
        }
    }

    [Fact]
    public void A_regular_expression_that_never_ends_is_stopped()
    {
        Tokenizer tokenizer = Parse(Split("(a+)+$"));
        Assert.Contains("regular expression", Assert.Throws<TokenizerException>(() => tokenizer.Encode(new string('a', 100) + "b")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(a|a|a|a|a|a)*b", 10, 16)]
    [InlineData("(?:(a|b|ab)*c|.)", 20, 8)]
    public void The_time_of_regular_expressions_is_that_of_a_text(string pattern, int length, int times)
    {
        Stopwatch clock = Stopwatch.StartNew();
        Tokenizer tokenizer = Parse(Split(pattern));
        string text = string.Concat(Enumerable.Repeat(string.Concat(Enumerable.Repeat("ab", length)) + "\n", times * 100));
        try
        {
            tokenizer.Encode(text);
        }
        catch (TokenizerException e)
        {
            Assert.StartsWith("hostile.json", e.Message, StringComparison.Ordinal);
            Assert.Contains(pattern, e.Message, StringComparison.Ordinal);
        }

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void A_process_that_hardly_runs_has_time_for_its_regular_expressions()
    {
        TextLimits limits = new(length: 0, milliseconds: 0);
        Thread.Sleep(20);
        limits.RequireTime("a");
        Assert.True(limits.TryExtend());
    }

    [Fact]
    public void A_process_that_computes_has_no_further_time_for_its_regular_expressions()
    {
        TextLimits limits = new(length: 0, milliseconds: 0);
        TimeSpan start = Environment.CpuUsage.TotalTime;
        Assert.True(limits.TryExtend());
        while (Environment.CpuUsage.TotalTime - start < TimeSpan.FromSeconds(1.1))
            Thread.SpinWait(1000);
        Assert.False(limits.TryExtend());
    }

    [Fact]
    public void A_slow_regular_expression_is_named()
    {
        const string pattern = "(a+)+$";
        TokenizerException e = Assert.Throws<TokenizerException>(() => Parse(Split(pattern)).Encode(new string('a', 100) + "b"));
        Assert.StartsWith("hostile.json", e.Message, StringComparison.Ordinal);
        Assert.Contains(pattern, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pre_tokenizers_that_blow_a_text_up_are_stopped()
    {
        Tokenizer tokenizer = Parse(With("pre_tokenizer",
            $$"""
            {"type":"Sequence","pretokenizers":[{{Repeated(40, """{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}""")}}]}
            """));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("pre-tokenizer", Assert.Throws<TokenizerException>(() => tokenizer.Encode("\u00e9\u00e9")).Message,
            StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, LargestAllocation);
    }

    [Fact]
    public void Normalizers_that_blow_a_text_up_are_stopped()
    {
        string step = $$"""{"type":"Replace","pattern":{"String":"a"},"content":"{{new string('a', 1000)}}"}""";
        Tokenizer tokenizer = Parse(With(
            "normalizer", $$"""{"type":"Sequence","normalizers":[{{string.Join(',', Enumerable.Repeat(step, 50))}}]}"""));
        Assert.Contains("normalizer", Assert.Throws<TokenizerException>(() => tokenizer.Encode("aaa")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_megabyte_without_a_gap_is_encoded_in_time()
    {
        Stopwatch clock = Stopwatch.StartNew();
        foreach (Tokenizer tokenizer in new[] { GoldenTokenizers.ByteLevel, GoldenTokenizers.SentencePiece })
        {
            foreach (string text in new[] { new string(' ', 1_000_000), string.Concat(Enumerable.Repeat("th", 500_000)) })
                Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        }
        // Quadratic time would take hours; the bound only needs to be far below that on a busy machine.
        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2));
    }

    [Fact]
    public void Overlapping_added_tokens_do_not_slow_matching_down()
    {
        string tokens = string.Join(
            ',', Enumerable.Range(1, 1000).Select(i => $$"""{"id":{{i + 10}},"content":"{{new string('<', i)}}|"}"""));
        Tokenizer tokenizer = Parse(With("added_tokens", $"[{tokens}]"));
        Assert.Empty(tokenizer.Encode(new string('<', 2_000)));
    }

    private static string Steps(string member, int count, string content) =>
        $$"""{"type":"Sequence","{{member}}":[{{Repeated(count, Step(content))}}]}""";

    private static string Step(string content) => $$"""{"type":"Replace","pattern":{"String":"a"},"content":"{{content}}"}""";

    private static string Repeated(int count, string json) => string.Join(',', Enumerable.Repeat(json, count));

    private static Tokenizer Parse(string json) => Tokenizer.Parse(Encoding.UTF8.GetBytes(json), "hostile.json");

    private static string Model(string vocabulary, string merges) =>
        $$"""{"model":{"type":"BPE","vocab":{{vocabulary}},"merges":{{merges}} } }""";

    private static string Options(string options) => $$"""{"model":{"type":"BPE",{{options}},"vocab":{{Vocabulary}},"merges":[] } }""";

    private static string With(string name, string value) =>
        $$"""{"{{name}}":{{value}},"model":{"type":"BPE","vocab":{{Vocabulary}},"merges":["a b"] } }""";

    private static string Split(string regex) =>
        With("pre_tokenizer", $$"""{"type":"Split","pattern":{"Regex":"{{regex}}"},"behavior":"Isolated","invert":false}""");

    private static string Nest(int depth, string open, string core, string close) =>
        string.Concat(Enumerable.Repeat(open, depth)) + core + string.Concat(Enumerable.Repeat(close, depth));
}

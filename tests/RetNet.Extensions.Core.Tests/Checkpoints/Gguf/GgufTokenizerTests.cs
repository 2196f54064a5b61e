using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Gguf;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Tokenizers.PreTokenization;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tests.Checkpoints.Gguf;

public class GgufTokenizerTests
{
    private const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Byte = 6;

    /// <summary>A vocabulary in Llama's style: three control tokens, the bytes, then pieces; the higher the score, the earlier a
    /// merge.</summary>
    internal static (string Key, object Value)[] SentencePiece { get; } = Scored(
        ("▁", -9), ("a", -10), ("b", -11), ("c", -12), ("ab", -1), ("bc", -2), ("abc", -3), ("▁a", -4), ("▁abc", -5));

    /// <summary>A byte-level vocabulary of a, b, c, space and three merges.</summary>
    internal static (string Key, object Value)[] ByteLevel { get; } =
    [
        ("tokenizer.ggml.model", "gpt2"),
        ("tokenizer.ggml.pre", "gpt-2"),
        ("tokenizer.ggml.tokens", (string[])["a", "b", "c", "Ġ", "ab", "Ġa", "Ġab", "<|end|>", "<mark>"]),
        ("tokenizer.ggml.token_type", (int[])[Normal, Normal, Normal, Normal, Normal, Normal, Normal, Control, UserDefined]),
        ("tokenizer.ggml.merges", (string[])["a b", "Ġ a", "Ġ ab"]),
        ("tokenizer.ggml.eos_token_id", 7),
        ("tokenizer.chat_template", "{{ messages[0].content }}{{ eos_token }}"),
    ];

    [Theory]
    [InlineData("abc", "▁abc")]
    [InlineData("a", "▁a")]
    [InlineData("abca", "▁abc a")]
    [InlineData("b bc", "▁ b ▁ bc")]
    [InlineData("aé", "▁a <0xC3> <0xA9>")]
    [InlineData("", "")]
    public void Score_decides_what_is_merged(string text, string tokens)
    {
        Tokenizer tokenizer = Load(SentencePiece);

        int[] ids = tokenizer.Encode(text);

        Assert.Equal(1, ids[0]);
        Assert.Equal(tokens, string.Join(' ', ids.Skip(1).Select(tokenizer.TokenText)));
        Assert.Equal(text, tokenizer.Decode(ids));
    }

    [Fact]
    public void Settings_of_the_file_are_followed()
    {
        Tokenizer tokenizer = Load([.. SentencePiece, ("tokenizer.ggml.add_space_prefix", false), ("tokenizer.ggml.add_bos_token", false),
            ("tokenizer.ggml.add_eos_token", true)]);

        int[] ids = tokenizer.Encode("ab c");

        Assert.Equal(["ab", "▁", "c", "</s>"], ids.Select(tokenizer.TokenText));
        Assert.Equal("ab c", tokenizer.Decode(ids));
        Assert.Equal((1, 2), (tokenizer.BeginningOfSequenceId, tokenizer.EndOfSequenceId));
    }

    [Fact]
    public void Word_pieces_are_cut_as_BERT_cuts_them()
    {
        string[] tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁a", "b", "▁école", "▁!", "ecole", "▁ecole"];
        Tokenizer tokenizer = Load(
        [
            ("tokenizer.ggml.model", "bert"), ("tokenizer.ggml.tokens", tokens),
            ("tokenizer.ggml.token_type", (int[])[Control, Unknown, Control, Control, .. Enumerable.Repeat(Normal, 6)]),
            ("tokenizer.ggml.bos_token_id", 2), ("tokenizer.ggml.unknown_token_id", 1), ("tokenizer.ggml.seperator_token_id", 3),
        ]);

        int[] ids = tokenizer.Encode("Abb École!x");

        Assert.Equal(["[CLS]", "a", "##b", "##b", "ecole", "!", "[UNK]", "[SEP]"], ids.Select(tokenizer.TokenText));
        Assert.Equal("abb ecole!", tokenizer.Decode(ids));
    }

    [Fact]
    public void The_sum_of_scores_decides_how_a_text_is_cut()
    {
        string[] tokens = ["<pad>", "</s>", "<unk>", "▁", "▁a", "b", "ab", "▁ab", "c"];
        Tokenizer tokenizer = Load(
        [
            ("tokenizer.ggml.model", "t5"), ("tokenizer.ggml.tokens", tokens),
            ("tokenizer.ggml.scores", (float[])[0, 0, 0, -2, -3, -2, -4, -7, -5]),
            ("tokenizer.ggml.token_type", (int[])[Control, Control, Unknown, .. Enumerable.Repeat(Normal, 6)]),
            ("tokenizer.ggml.add_space_prefix", true), ("tokenizer.ggml.remove_extra_whitespaces", true),
        ]);

        int[] ids = tokenizer.Encode("  ab  cé漢 ");

        Assert.Equal(["▁a", "b", "▁", "c", "<unk>", "</s>"], ids.Select(tokenizer.TokenText));
        Assert.Equal("ab c", tokenizer.Decode(ids));
    }

    [Theory]
    [InlineData("llama-bpe", "it's 12345\n\n x", "it|'s| |123|45|\n\n| x")]
    [InlineData("gpt-2", "it's 12345\n\n x", "it|'s| 12345|\n\n| x")]
    [InlineData("starcoder", "it's 123", "it|'s| |1|2|3")]
    [InlineData("gpt-4o", "HelloWorld's 1234", "Hello|World's| |123|4")]
    [InlineData("tekken", "HelloWorld 12", "Hello|World| |1|2")]
    [InlineData("deepseek-v3", "漢字ab 1234 🦙", "漢字|ab| |123|4| 🦙")]
    [InlineData("deepseek-llm", "ab漢字 🦙12", "ab|漢字| 🦙|1|2")]
    [InlineData("afmoe", "1234567", "1|234|567")]
    [InlineData("superbpe", "1234567", "1|234|567")]
    [InlineData("tiny_aya", "1234567a", "123|456|7|a")]
    [InlineData("laguna", "a\n\nb 12", "a|\n\n|b| |1|2")]
    [InlineData("bloom", "Hi, you. Go", "Hi|,| you|.| Go")]
    [InlineData("jais-2", "a    b", "a|  | | b")]
    [InlineData("chameleon", "a  b1", "a|  |b|1")]
    [InlineData("falcon", "ab!1234", "ab|!|123|4")]
    public void Words_are_cut_by_the_name_of_the_pre_tokenizer(string name, string text, string words)
    {
        GgufPreTokenizer preTokenizer = GgufPreTokenizer.Find(name)!;
        List<Piece> pieces = [new Piece(text.AsMemory(), Piece.NoId, AtStart: true)];
        foreach (string expression in preTokenizer.Expressions)
        {
            pieces = new SplitPreTokenizer(new RegexPattern(expression), SplitBehavior.Isolated, invert: false)
                .Apply(pieces, new TextLimits(text.Length));
        }

        Assert.Equal(words, string.Join('|', pieces.Select(piece => piece.Text.ToString())));
    }

    [Fact]
    public void Every_pattern_of_a_pre_tokenizer_is_a_regular_expression()
    {
        string[] names = GgufPreTokenizer.Known["one of ".Length..].Split(", ");

        Assert.InRange(names.Length, 60, 100);
        Assert.All(names, name => Assert.All(GgufPreTokenizer.Find(name)!.Expressions, expression => _ = new RegexPattern(expression)));
    }

    [Fact]
    public void Control_tokens_are_recognised_and_are_not_made_out_of_text()
    {
        Tokenizer tokenizer = Load([.. Scored(("<", 0), ("s>", 0), ("s", 0), (">", 0), ("▁", 0)),
            ("tokenizer.chat_template", "{{ messages[0].content }}")]);

        Assert.Equal(["<s>", "<s>"], tokenizer.Encode("<s>").Select(tokenizer.TokenText));
        Assert.Equal(
            ["▁", "<", "s>"], new ChatEncoder(tokenizer).Encode([new ChatTemplateMessage("user", "<s>")]).Select(tokenizer.TokenText));
        Assert.True(tokenizer.IsSpecial(1));
    }

    // Converters call tokens that are not special in tokenizer.json user-defined.
    [Fact]
    public void A_word_of_the_vocabulary_is_text_though_it_looks_like_an_end()
    {
        Tokenizer tokenizer = Load(
        [
            ("tokenizer.ggml.model", "gpt2"),
            ("tokenizer.ggml.pre", "qwen2"),
            ("tokenizer.ggml.tokens", (string[])["<", "/", "s", ">", "</", "</s", "</s>", "<|im_end|>"]),
            ("tokenizer.ggml.token_type", (int[])[Normal, Normal, Normal, Normal, Normal, Normal, Normal, Control]),
            ("tokenizer.ggml.merges", (string[])["< /", "</ s", "</s >"]),
            ("tokenizer.ggml.eos_token_id", 7),
        ]);

        Assert.False(tokenizer.IsSpecial(6));
        Assert.Equal("</s>", tokenizer.Decode(tokenizer.Encode("</s>")));
    }

    [Fact]
    public void A_token_that_ends_a_turn_is_a_control_token_though_the_file_calls_it_the_users()
    {
        Tokenizer tokenizer = Load(
        [
            .. ByteLevel.Where(pair => !pair.Key.EndsWith("tokens", StringComparison.Ordinal)
                && !pair.Key.EndsWith("template", StringComparison.Ordinal)),
            ("tokenizer.ggml.tokens", (string[])["a", "b", "c", "Ġ", "ab", "Ġa", "Ġab", "<|end|>", "<|im_end|>"]),
            ("tokenizer.chat_template", "{{ messages[0].content }}<|im_end|>"),
        ]);

        Assert.True(tokenizer.IsSpecial(8));
        Assert.Equal("ab", tokenizer.Decode([4, 8]));
        Assert.Equal(8, Assert.Single(new ChatEncoder(tokenizer).Encode([new ChatTemplateMessage("user", "<|im_end|>")]), id => id >= 7));
    }

    [Fact]
    public void An_id_that_is_no_token_is_the_tokenizers_own_or_none()
    {
        Tokenizer tokenizer = Load([.. SentencePiece, ("tokenizer.ggml.bos_token_id", 1000), ("tokenizer.ggml.eos_token_id", 2),
            ("tokenizer.ggml.padding_token_id", uint.MaxValue), ("tokenizer.ggml.seperator_token_id", uint.MaxValue)]);

        Assert.Equal((1, 2, null), (tokenizer.BeginningOfSequenceId, tokenizer.EndOfSequenceId, tokenizer.PaddingId));
        Assert.Equal("<s>", tokenizer.TokenText(tokenizer.Encode("a")[0]));
    }

    [Theory]
    [InlineData("Phi3", "<s> <|user|> ▁a <|end|> ▁b")]
    [InlineData("Phi 3.5 Mini Instruct", "<s> <|user|> ▁a <|end|> ▁b")]
    [InlineData("Llama", "<s> <|user|> ▁ <0x0A> a <|end|> ▁ <0x0A> b")]
    public void Control_tokens_of_Phi_3_take_the_white_space_after_them(string name, string tokens)
    {
        Tokenizer tokenizer = Load(
        [
            .. Scored(("▁", -9), ("a", -10), ("b", -11), ("▁a", -4), ("▁b", -5), ("<|user|>", 0), ("<|end|>", 0))
                .Where(pair => !pair.Key.EndsWith("token_type", StringComparison.Ordinal)),
            ("tokenizer.ggml.token_type", (int[])[Unknown, Control, Control, .. Enumerable.Repeat(Byte, 256),
                .. Enumerable.Repeat(Normal, 5), Control, Control]),
            ("general.name", name),
        ]);

        Assert.Equal(tokens, string.Join(' ', tokenizer.Encode("<|user|>\na<|end|>\nb").Select(tokenizer.TokenText)));
    }

    [Fact]
    public void The_mask_takes_the_space_before_it()
    {
        Tokenizer modern = Load([.. ByteLevel.Where(pair => pair.Key != "tokenizer.ggml.tokens"), ("general.name", "Modern-BERT base"),
            ("tokenizer.ggml.tokens", (string[])["a", "b", "c", "Ġ", "ab", "Ġa", "Ġab", "<|end|>", "[MASK]"])]);

        Assert.Equal([0, 8, 1], modern.Encode("a [MASK]b"));
    }

    [Fact]
    public void Scores_may_be_integers_and_more_than_the_tokens()
    {
        float[] scores = (float[])SentencePiece.Single(pair => pair.Key == "tokenizer.ggml.scores").Value;
        Tokenizer tokenizer = Load([.. SentencePiece.Where(pair => pair.Key != "tokenizer.ggml.scores"),
            ("tokenizer.ggml.scores", (int[])[.. scores.Select(score => (int)score), 0, 0])]);

        Assert.Equal(["<s>", "▁abc"], tokenizer.Encode("abc").Select(tokenizer.TokenText));
    }

    [Fact]
    public void Of_a_merge_that_is_there_twice_the_first_counts()
    {
        Tokenizer tokenizer = Load(
        [
            ("tokenizer.ggml.model", "gpt2"), ("tokenizer.ggml.pre", "gpt-2"),
            ("tokenizer.ggml.tokens", (string[])["a", "b", "c", "ab", "bc"]),
            ("tokenizer.ggml.merges", (string[])["a b", "b c", "a b"]),
        ]);

        Assert.Equal(["ab", "c"], tokenizer.Encode("abc").Select(tokenizer.TokenText));
    }

    [Fact]
    public void A_merge_that_no_text_can_come_to_is_left_out()
    {
        Tokenizer tokenizer = Load(
        [
            ("tokenizer.ggml.model", "gpt2"), ("tokenizer.ggml.pre", "gpt-2"),
            ("tokenizer.ggml.tokens", (string[])["a", "b", "c", "ab", "abc"]),
            ("tokenizer.ggml.merges", (string[])["xy z", "xyz ab", "bc a", "a b", "ab c"]),
        ]);

        Assert.Equal(["abc", "b"], tokenizer.Encode("abcb").Select(tokenizer.TokenText));
    }

    [Fact]
    public void Byte_level_vocabulary_merges_and_marks_its_tokens()
    {
        Tokenizer tokenizer = Load(ByteLevel);

        Assert.Equal(["ab", "Ġab", "c", "<mark>", "a", "<|end|>"], tokenizer.Encode("ab abc<mark>a<|end|>").Select(tokenizer.TokenText));
        Assert.Equal("ab abc<mark>a", tokenizer.Decode(tokenizer.Encode("ab abc<mark>a<|end|>")));
        Assert.DoesNotContain(7, new ChatEncoder(tokenizer).Encode([new ChatTemplateMessage("user", "<|end|>ba")]).SkipLast(1));
    }

    [Theory]
    [InlineData("tokenizer-bytelevel-4096", "gpt-2")]
    [InlineData("tokenizer-bytelevel-qwen", "qwen2")]
    public void Twin_of_a_tokenizer_json_gives_the_same_ids(string golden, string words)
    {
        string file = Path.Combine(RepositoryFiles.Golden, golden, "tokenizer.json");
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file));
        Tokenizer original = Tokenizer.Load(file);
        string[] tokens = [.. Enumerable.Range(0, original.VocabularySize).Select(original.TokenText)];
        Dictionary<int, bool> added = json.RootElement.GetProperty("added_tokens").EnumerateArray()
            .ToDictionary(token => token.GetProperty("id").GetInt32(), token => token.GetProperty("special").GetBoolean());
        string[] merges = [.. json.RootElement.GetProperty("model").GetProperty("merges").EnumerateArray().Select(Merge)];
        Tokenizer twin = Load(
        [
            ("tokenizer.ggml.model", "gpt2"), ("tokenizer.ggml.pre", words), ("tokenizer.ggml.tokens", tokens),
            ("tokenizer.ggml.merges", merges),
            ("tokenizer.ggml.token_type", tokens.Select((_, id) => !added.TryGetValue(id,
                out bool special) ? Normal : special ? Control : UserDefined).ToArray()),
        ]);

        foreach (string text in Texts)
        {
            int[] ids = original.Encode(text, addSpecialTokens: false);
            Assert.Equal(ids, twin.Encode(text));
            Assert.Equal(original.Decode(ids), twin.Decode(ids));
        }
    }

    [Theory]
    [InlineData("tokenizer.ggml.model", "rwkv", "llama, gpt2, t5 or bert")]
    [InlineData("tokenizer.ggml.model", "plamo2", "found '\"plamo2\"'")]
    [InlineData("tokenizer.ggml.pre", "kimi-k2", "found '\"kimi-k2\"'")]
    [InlineData("tokenizer.ggml.merges", "a d", "'a d'")]
    [InlineData("tokenizer.ggml.merges", "c a", "together are a token")]
    [InlineData("tokenizer.ggml.tokens", "a", "'a' at id 0 and at id 7")]
    [InlineData("tokenizer.ggml.tokens", "too many", "found an array of 9")]
    public void Tokenizer_that_is_not_understood_is_refused_by_key(string key, string value, string message)
    {
        (string Key, object Value)[] metadata = [.. ByteLevel.Where(pair => pair.Key != key)];
        string[] tokens = (string[])ByteLevel.Single(pair => pair.Key == "tokenizer.ggml.tokens").Value;
        object replaced = (key, value) switch
        {
            ("tokenizer.ggml.merges", _) => (string[])["a b", value],
            (_, "too many") => (string[])[.. tokens, "one more"],
            ("tokenizer.ggml.tokens", _) => (string[])[.. tokens[..7], value, tokens[8]],
            _ => value,
        };

        CheckpointException exception = Assert.Throws<CheckpointException>(() => Load([.. metadata, (key, replaced)]));

        Assert.Contains(value == "too many" ? "tokenizer.ggml.token_type" : key, exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    private static string[] Texts { get; } =
    [
        "Hello, world! It's 2024 and we'll see.", "  two  spaces\n\n\tand a tab ", "Straße café naïve 漢字 🦙🎉", "x=1;y = 22;zzz=333+4444",
        "<|endoftext|>after", "",
    ];

    private static (string Key, object Value)[] Scored(params (string Token, float Score)[] pieces)
    {
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"),
            .. pieces.Select(piece => piece.Token)];
        return
        [
            ("tokenizer.ggml.model", "llama"),
            ("tokenizer.ggml.tokens", tokens),
            ("tokenizer.ggml.scores", tokens.Select((_, id) => id < 259 ? 0f : pieces[id - 259].Score).ToArray()),
            ("tokenizer.ggml.token_type", tokens.Select((
                _, id) => id == 0 ? Unknown : id < 3 ? Control : id < 259 ? Byte : Normal).ToArray()),
        ];
    }

    private static Tokenizer Load((string Key, object Value)[] metadata)
    {
        using TemporaryFolder folder = new();
        GgufBytes file = new();
        foreach ((string key, object value) in metadata)
            file.With(key, value);
        return Tokenizer.Load(folder.Write("model.gguf", file.ToArray()));
    }

    private static string Merge(JsonElement merge) => merge.ValueKind == JsonValueKind.String
        ? merge.GetString()!
        : $"{merge[0].GetString()} {merge[1].GetString()}";
}

using System.Text;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Tests.Tokenizers;

/// <summary>Tokenizers of folders without a tokenizer.json.</summary>
public class TokenizerFilesTests
{
    private const byte Normal = 1, Unknown = 2, Control = 3, UserDefined = 4;

    [Fact]
    public void A_model_of_SentencePiece_cuts_by_the_sum_of_scores()
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer.model", Model(
            ("<unk>", 0, Unknown), ("<s>", 0, Control), ("</s>", 0, Control), ("\u2581", -2, Normal), ("\u2581a", -3, Normal),
            ("b", -2, Normal), ("ab", -4, Normal)));
        Tokenizer tokenizer = Tokenizer.Load(folder.Root);

        int[] ids = tokenizer.Encode(" ab  b?");

        Assert.Equal(["\u2581a", "b", "\u2581", "b", "<unk>"], ids.Select(tokenizer.TokenText));
        Assert.Equal("ab b", tokenizer.Decode(ids));
        Assert.Equal((1, 2), (tokenizer.BeginningOfSequenceId, tokenizer.EndOfSequenceId));
    }

    // As InternLM 2's chat models have it: pieces that the first training left unused got names for the second.
    [Theory]
    [InlineData(Normal)]
    [InlineData(UserDefined)]
    public void Settings_give_a_piece_another_text(byte kind)
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer.model", [
            .. Model(("<unk>", 0, Unknown), ("<s>", 0, Control), ("</s>", 0, Control), ("\u2581", -2, Normal), ("a", -3, Normal),
                ("[UNUSED_TOKEN_145]", 0, kind), ("[UNUSED_TOKEN_146]", 0, kind), ("b", -3, Normal)), .. BytePairs]);
        folder.Write("tokenizer_config.json", """
            {"eos_token":"<|im_end|>","tokenizer_class":"InternLM2Tokenizer","added_tokens_decoder":{
            "5":{"content":"<|im_end|>","special":true},"6":{"content":"<|im_start|>","special":true},"7":{"content":"a","special":false}}}
            """);
        Tokenizer tokenizer = Tokenizer.Load(folder.Root);

        Assert.Equal([1, 6, 3, 4, 5], tokenizer.Encode("<|im_start|>a<|im_end|>"));
        Assert.Equal((5, null), (tokenizer.EndOfSequenceId, tokenizer.TokenId("[UNUSED_TOKEN_145]")));
        Assert.True(tokenizer.IsSpecial(6));
        Assert.Equal("<|im_start|>", tokenizer.TokenText(6));

        // Another piece has the text already.
        Assert.Equal("b", tokenizer.TokenText(7));
    }

    [Theory]
    [InlineData("""{"tokenizer_class":"InternLM2Tokenizer"}""", true)]
    [InlineData("""{"tokenizer_class":"InternLM3Tokenizer"}""", true)]
    [InlineData("""{"tokenizer_class":"LlamaTokenizerFast"}""", true)]
    [InlineData("""{"tokenizer_class":"LlamaTokenizer","add_bos_token":false}""", false)]
    [InlineData("""{"model_max_length":2048}""", true)]
    public void A_text_begins_with_a_token_where_the_tokenizers_class_says_so(string settings, bool begins)
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer.model", BytePairModel());
        folder.Write("tokenizer_config.json", settings);
        Tokenizer tokenizer = Tokenizer.Load(folder.Root);

        Assert.Equal(begins ? [1, 3, 4] : [3, 4], tokenizer.Encode("a"));
        Assert.Equal((1, 2), (tokenizer.BeginningOfSequenceId, tokenizer.EndOfSequenceId));
    }

    [Fact]
    public void Tokens_of_older_folders_stand_in_files_of_their_own()
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer.model", BytePairModel());
        folder.Write("tokenizer_config.json",
            """{"tokenizer_class":"LlamaTokenizer","eos_token":"</s>","chat_template":"{{ eos_token }}"}""");
        folder.Write("added_tokens.json", """{"<|im_start|>":5,"<|im_end|>":6,"<tool>":7}""");
        folder.Write("special_tokens_map.json",
            """{"eos_token":{"content":"<|im_end|>"},"pad_token":"</s>","additional_special_tokens":["<|im_start|>"]}""");
        Tokenizer tokenizer = Tokenizer.Load(folder.Root);

        Assert.Equal([1, 5, 3, 4, 6, 7], tokenizer.Encode("<|im_start|>a<|im_end|><tool>"));
        Assert.Equal((6, 2), (tokenizer.EndOfSequenceId, tokenizer.PaddingId));
        Assert.Equal((true, true, false), (tokenizer.IsSpecial(5), tokenizer.IsSpecial(6), tokenizer.IsSpecial(7)));
        Assert.NotNull(tokenizer.Settings.ConfiguredTemplate);
    }

    [Fact]
    public void An_added_token_takes_the_white_space_that_its_flags_name()
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer.model", BytePairModel());
        folder.Write("tokenizer_config.json",
            """{"added_tokens_decoder":{"5":{"content":"<|user|>","rstrip":true,"special":true},"6":{"content":"<m>","lstrip":true}}}""");
        Tokenizer tokenizer = Tokenizer.Load(folder.Root);

        Assert.Equal([1, 5, 3, 4, 6], tokenizer.Encode("<|user|> \na <m>"));
    }

    [Theory]
    [InlineData("added_tokens.json", """{"<x>":-1}""")]
    [InlineData("special_tokens_map.json", """{"eos_token":7}""")]
    [InlineData("tokenizer_config.json", """{"added_tokens_decoder":{"one":{"content":"<x>"}}}""")]
    [InlineData("tokenizer_config.json", """{"\ud800":1}""")]
    public void A_malformed_file_beside_a_vocabulary_is_named(string file, string content)
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer.model", BytePairModel());
        folder.Write(file, content);

        Assert.Contains(file, Assert.Throws<TokenizerException>(() => Tokenizer.Load(folder.Root)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"do_lower_case":true}""", 3)]
    [InlineData("""{"strip_accents":false}""", 4)]
    [InlineData("""{"do_lower_case":false}""", 4)]
    [InlineData("""{"do_lower_case":false,"strip_accents":true}""", 3)]
    public void Settings_of_BERT_decide_about_accents(string settings, int id)
    {
        using TemporaryFolder folder = new();
        folder.Write("vocab.txt", Encoding.UTF8.GetBytes("[UNK]\n[CLS]\n[SEP]\nfur\nf\u00FCr\n\u6F22\u5B57\n"));
        folder.Write("tokenizer_config.json", settings);

        Assert.Equal([1, id, 2], Tokenizer.Load(folder.Root).Encode("f\u00FCr"));
    }

    [Fact]
    public void Settings_of_BERT_decide_about_ideographs_and_the_names_of_tokens()
    {
        using TemporaryFolder folder = new();
        folder.Write("vocab.txt", Encoding.UTF8.GetBytes("<unk>\n<s>\n</s>\n\u6F22\u5B57\n"));
        folder.Write("tokenizer_config.json", """
            {"tokenizer_class":"BertTokenizer","tokenize_chinese_chars":false,"unk_token":"<unk>","cls_token":"<s>","sep_token":"</s>"}
            """);

        Assert.Equal([1, 3, 0, 2], Tokenizer.Load(folder.Root).Encode("\u6F22\u5B57 x"));
    }

    [Fact]
    public void A_vocabulary_of_Qwen_2_has_its_words_and_its_added_tokens()
    {
        using TemporaryFolder folder = new();
        WriteByteLevel(folder, """{"1":0,"2":1,"12":2,"\u00C3":3,"\u00A9":4,"\u00C3\u00A9":5}""", "1 2\n\u00C3 \u00A9\n");
        folder.Write("added_tokens.json", """{"<|endoftext|>":6,"<|im_start|>":7,"<|im_end|>":8}""");
        folder.Write("tokenizer_config.json",
            """{"tokenizer_class":"Qwen2Tokenizer","eos_token":"<|im_end|>","additional_special_tokens":["<|im_start|>"]}""");
        Tokenizer tokenizer = Tokenizer.Load(folder.Root);

        Assert.Equal([7, 0, 1, 5, 8], tokenizer.Encode("<|im_start|>12e\u0301<|im_end|>"));
        Assert.Equal((null, 8, 6), (tokenizer.BeginningOfSequenceId, tokenizer.EndOfSequenceId, tokenizer.PaddingId));
        Assert.True(tokenizer.IsSpecial(7));
    }

    [Theory]
    [InlineData("tokenizer_config.json", """{"tokenizer_class":"RobertaTokenizer"}""")]
    [InlineData("config.json", """{"model_type":"roberta"}""")]
    [InlineData("config.json", """{"tokenizer_class":"RobertaTokenizerFast"}""")]
    public void A_text_of_RoBERTa_stands_between_two_tokens(string file, string content)
    {
        using TemporaryFolder folder = new();
        WriteByteLevel(folder, """{"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"a":4,"b":5,"ab":6,"\u0120":7,"<mask>":8}""", "a b\n");
        folder.Write(file, content);
        Tokenizer tokenizer = Tokenizer.Load(folder.Root);

        Assert.Equal([0, 6, 8, 2], tokenizer.Encode("ab <mask>"));
        Assert.Equal((0, 2, 1), (tokenizer.BeginningOfSequenceId, tokenizer.EndOfSequenceId, tokenizer.PaddingId));
    }

    [Fact]
    public void Settings_of_GPT_2_put_a_token_or_a_space_before_a_text()
    {
        using TemporaryFolder folder = new();
        WriteByteLevel(folder, """{"a":0,"\u0120":1,"\u0120a":2,"<|endoftext|>":3}""", "\u0120 a\n");
        folder.Write("tokenizer_config.json", """{"tokenizer_class":"GPT2Tokenizer","add_bos_token":true,"add_prefix_space":true}""");
        Tokenizer tokenizer = Tokenizer.Load(folder.Root);

        Assert.Equal([3, 2], tokenizer.Encode("a"));
        Assert.Equal((3, 3), (tokenizer.BeginningOfSequenceId, tokenizer.EndOfSequenceId));
    }

    [Fact]
    public void A_tokenizer_of_another_class_is_refused_by_name()
    {
        using TemporaryFolder bytes = new(), words = new();
        WriteByteLevel(bytes, """{"a":0}""", "");
        words.Write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\n"u8.ToArray());
        bytes.Write("tokenizer_config.json", """{"tokenizer_class":"CodeGenTokenizer"}""");
        words.Write("tokenizer_config.json", """{"tokenizer_class":"BertJapaneseTokenizer"}""");

        Assert.Contains("'CodeGenTokenizer'; expected GPT2Tokenizer", Refusal(bytes), StringComparison.Ordinal);
        Assert.Contains("'BertJapaneseTokenizer'; expected BertTokenizer", Refusal(words), StringComparison.Ordinal);

        static string Refusal(TemporaryFolder folder) =>
            Assert.Throws<TokenizerException>(() => Tokenizer.Load(folder.Root)).InnerException!.Message;
    }

    [Fact]
    public void A_vocabulary_of_BERT_is_a_list_of_words()
    {
        using TemporaryFolder folder = new();
        folder.Write("vocab.txt", Encoding.UTF8.GetBytes("[UNK]\n[CLS]\n[SEP]\nab\n##c\n"));
        Tokenizer tokenizer = Tokenizer.Load(folder.Root);

        Assert.Equal([1, 3, 4, 0, 2], tokenizer.Encode("ABc x"));
    }

    [Fact]
    public void A_vocabulary_of_GPT_2_has_its_merges_beside_it()
    {
        using TemporaryFolder folder = new();
        folder.Write("vocab.json", """{"a":0,"b":1,"\u0120":2,"ab":3,"<|endoftext|>":4}"""u8.ToArray());
        folder.Write("merges.txt", "#version: 0.2\na b\n"u8.ToArray());
        Tokenizer tokenizer = Tokenizer.Load(folder.Root);

        Assert.Equal([3, 2, 0, 4], tokenizer.Encode("ab a<|endoftext|>"));
    }

    [Fact]
    public void A_model_that_is_cut_off_is_refused_by_name()
    {
        byte[] model = Model(("<unk>", 0, Unknown), ("a", -1, Normal));
        for (int length = 1; length < model.Length; length++)
        {
            using TemporaryFolder folder = new();
            folder.Write("tokenizer.model", model[..length]);
            Exception? exception = Record.Exception(() => Tokenizer.Load(folder.Root));
            if (exception is not null)
                Assert.Contains("tokenizer.model", Assert.IsType<TokenizerException>(exception).Message, StringComparison.Ordinal);
        }
    }

    private static byte[] BytePairModel() =>
    [
        .. Model(("<unk>", 0, Unknown), ("<s>", 0, Control), ("</s>", 0, Control), ("\u2581", -2, Normal), ("a", -3, Normal)), .. BytePairs,
    ];

    private static void WriteByteLevel(TemporaryFolder folder, string vocabulary, string merges)
    {
        folder.Write("vocab.json", vocabulary);
        folder.Write("merges.txt", "#version: 0.2\n" + merges);
    }

    private static byte[] Model(params (string Text, float Score, byte Kind)[] pieces) =>
    [
        .. pieces.SelectMany(piece => Field(1,
            [.. Field(1, Encoding.UTF8.GetBytes(piece.Text)), 0x15, .. BitConverter.GetBytes(piece.Score), 0x18, piece.Kind])),
    ];

    // trainer_spec.model_type BPE; normalizer_spec that leaves white space as it is.
    private static byte[] BytePairs => [.. Field(2, [0x18, 2]), .. Field(3, [0x18, 1, 0x20, 0])];

    private static byte[] Field(int number, byte[] content) => [(byte)(number << 3 | 2), (byte)content.Length, .. content];
}

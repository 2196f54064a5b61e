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
            {"eos_token":"<|im_end|>","added_tokens_decoder":{
            "5":{"content":"<|im_end|>","special":true},"6":{"content":"<|im_start|>","special":true},"7":{"content":"a","special":false}}}
            """);
        Tokenizer tokenizer = Tokenizer.Load(folder.Root);

        Assert.Equal([6, 3, 4, 5], tokenizer.Encode("<|im_start|>a<|im_end|>"));
        Assert.Equal((5, null), (tokenizer.EndOfSequenceId, tokenizer.TokenId("[UNUSED_TOKEN_145]")));
        Assert.True(tokenizer.IsSpecial(6));
        Assert.Equal("<|im_start|>", tokenizer.TokenText(6));

        // Another piece has the text already.
        Assert.Equal("b", tokenizer.TokenText(7));
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

    private static byte[] Model(params (string Text, float Score, byte Kind)[] pieces) =>
    [
        .. pieces.SelectMany(piece => Field(1,
            [.. Field(1, Encoding.UTF8.GetBytes(piece.Text)), 0x15, .. BitConverter.GetBytes(piece.Score), 0x18, piece.Kind])),
    ];

    // trainer_spec.model_type BPE; normalizer_spec that leaves white space as it is.
    private static byte[] BytePairs => [.. Field(2, [0x18, 2]), .. Field(3, [0x18, 1, 0x20, 0])];

    private static byte[] Field(int number, byte[] content) => [(byte)(number << 3 | 2), (byte)content.Length, .. content];
}

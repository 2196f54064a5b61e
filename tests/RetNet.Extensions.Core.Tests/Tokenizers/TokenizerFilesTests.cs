using System.Text;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Tests.Tokenizers;

/// <summary>Tokenizers of folders without a tokenizer.json.</summary>
public class TokenizerFilesTests
{
    private const byte Normal = 1, Unknown = 2, Control = 3;

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

    private static byte[] Field(int number, byte[] content) => [(byte)(number << 3 | 2), (byte)content.Length, .. content];
}

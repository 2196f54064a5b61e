using System.Text.Json;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Tokenizers.Training;

namespace RetNet.Extensions.Core.Tests.Tokenizers.Training;

public class BytePairTrainerTests
{
    /// <summary>Texts and the merges that the tokenizers library (0.23.1) learned from them, with ByteLevel pre-tokenisation.</summary>
    private static readonly JsonElement[] Cases =
        [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Tokenizers", "Training",
            "merges.json"))).RootElement.EnumerateArray()];

    public static TheoryData<string> CaseNames => new(Cases.Select(golden => golden.GetProperty("name").GetString()!));

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Merges_are_those_of_the_tokenizers_library(string name)
    {
        JsonElement golden = Cases.Single(golden => golden.GetProperty("name").GetString() == name);
        BytePairTrainerOptions options = new()
        {
            VocabularySize = golden.GetProperty("vocabulary_size").GetInt32(),
            MinimumFrequency = golden.GetProperty("minimum_frequency").GetInt32(),
        };
        if (golden.GetProperty("maximum_token_length").ValueKind == JsonValueKind.Number)
            options = options with { MaximumTokenLength = golden.GetProperty("maximum_token_length").GetInt32() };

        TrainedTokenizer trained = BytePairTrainer.Train(golden.GetProperty("texts").Deserialize<string[]>()!, options);

        Assert.Equal(golden.GetProperty("merges").Deserialize<string[][]>(),
            trained.Merges.Select(merge => new[] { trained.Tokens[merge.Left], trained.Tokens[merge.Right] }));
        Assert.Equal(golden.GetProperty("tokens").GetInt32(), trained.Tokens.Count);
        Assert.Equal(trained.Tokens.Count, Tokenizer.Parse(trained).VocabularySize);
    }

    [Property(MaxTest = 60)]
    public void Every_text_survives_encoding_and_decoding(string[] texts, string other)
    {
        texts = [.. (texts ?? []).Select(text => text ?? "")];
        Tokenizer tokenizer = Tokenizer.Parse(
            BytePairTrainer.Train(texts, new BytePairTrainerOptions { VocabularySize = 300, MinimumFrequency = 1 }));
        foreach (string text in texts.Append(other ?? ""))
        {
            string expected = ReplaceLoneSurrogates(text);
            Assert.Equal(expected, tokenizer.Decode(tokenizer.Encode(text)));
        }
    }

    [Fact]
    public void Named_tokens_have_the_first_ids()
    {
        BytePairTrainerOptions options = new()
        {
            VocabularySize = 260,
            EndOfTextToken = "<end>",
            PaddingToken = "<fill>",
            AdditionalSpecialTokens = ["<user>"]
        };
        Tokenizer tokenizer = Tokenizer.Parse(BytePairTrainer.Train(["some text"], options));
        Assert.Equal(
            (0, 0, 1, 2), (tokenizer.BeginningOfSequenceId, tokenizer.EndOfSequenceId, tokenizer.PaddingId, tokenizer.TokenId("<user>")));
        Assert.Equal([2, 0], tokenizer.Encode("<user><end>"));
    }

    [Fact]
    public void A_written_tokenizer_is_read_from_its_folder()
    {
        TrainedTokenizer trained = BytePairTrainer.Train([string.Concat(Enumerable.Repeat("a word and another word, ", 9))]);
        using TemporaryFolder folder = new();
        ModelFolder.Write(
            folder.Root, new ModelDocuments
            {
                Configuration = "{}"u8.ToArray(),
                Tokenizer = trained.TokenizerJson,
                TokenizerConfiguration = trained.TokenizerConfigurationJson
            }, []);
        Tokenizer tokenizer = Tokenizer.Load(folder.Root);
        Assert.Equal(0, tokenizer.EndOfSequenceId);
        Assert.Equal(["Ġanother", "Ġword"], tokenizer.Encode(" another word").Select(tokenizer.TokenText));
    }

    [Fact]
    public void A_long_text_is_cut_where_no_word_is()
    {
        string line = "Some words, 12 numbers  and\tspaces ;-)\n";
        string text = string.Concat(Enumerable.Repeat(line, 30_000));
        Assert.Equal(
            BytePairTrainer.Train(Enumerable.Repeat(line, 29_999).Append(line)).Merges,
            BytePairTrainer.Train([text]).Merges);
    }

    [Fact]
    public void Cancellation_is_observed()
    {
        using CancellationTokenSource cancellation = new();
        cancellation.Cancel();
        Assert.Throws<OperationCanceledException>(() => BytePairTrainer.Train(["text"], null, cancellation.Token));
    }

    [Theory]
    [InlineData(257, 2, 16, "<pad>", "VocabularySize is 257; expected 258 (256 bytes and 2 special tokens)")]
    [InlineData(300, 0, 16, "<pad>", "MinimumFrequency is 0")]
    [InlineData(300, 2, 1, "<pad>", "MaximumTokenLength is 1")]
    [InlineData(300, 2, 16, "", "A special token is empty")]
    [InlineData(300, 2, 16, "<|endoftext|>", "not distinct")]
    public void Options_out_of_range_are_named(int vocabulary, int frequency, int longest, string padding, string message)
    {
        BytePairTrainerOptions options = new()
        {
            VocabularySize = vocabulary,
            MinimumFrequency = frequency,
            MaximumTokenLength = longest,
            PaddingToken = padding
        };
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => BytePairTrainer.Train(["text"], options)).Message,
            StringComparison.Ordinal);
    }

    private static string ReplaceLoneSurrogates(string text) =>
        System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
}

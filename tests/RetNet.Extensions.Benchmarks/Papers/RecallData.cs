using RetNet.Extensions.Core.Tokenizers.Training;

namespace RetNet.Extensions.Benchmarks.Papers;

/// <summary>The files that a model of <see cref="RecallText"/> is trained from.</summary>
internal static class RecallData
{
    private const int VocabularySize = 512;

    /// <summary>Writes <c>OUT/train.txt</c> and <c>OUT/tokenizer</c>.</summary>
    public static void Write(string path, int documents)
    {
        RecallText text = new(seed: 1);
        string[] texts = [.. Enumerable.Range(0, documents).Select(_ => text.Document())];
        TrainedTokenizer tokenizer = BytePairTrainer.Train(texts.Take(1000), new BytePairTrainerOptions
        {
            VocabularySize = VocabularySize,
            AdditionalSpecialTokens = [.. RecallText.Tokens],
        });
        string folder = Path.Combine(path, "tokenizer");
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "tokenizer.json"), tokenizer.TokenizerJson.ToArray());
        File.WriteAllBytes(Path.Combine(folder, "tokenizer_config.json"), tokenizer.TokenizerConfigurationJson.ToArray());
        File.WriteAllText(Path.Combine(path, "train.txt"), string.Join("\n<|endoftext|>\n", texts));
    }
}

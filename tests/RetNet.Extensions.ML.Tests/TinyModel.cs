using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Tokenizers.Training;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.ML.Tests;

/// <summary>The folder of an untrained model of a few thousand weights, made once.</summary>
internal static class TinyModel
{
    public const int Width = 8;

    private static readonly Lazy<string> LazyPath = new(Create);

    private static readonly Lazy<TextModel> LazyText = new(() => TextModel.Load(Path, new ModelLoadOptions { Threads = 1 }));

    public static string Path => LazyPath.Value;

    public static TextModel Text => LazyText.Value;

    private static string Create()
    {
        TrainedTokenizer tokenizer = BytePairTrainer.Train(["The dog ran. The dogs ran."],
            new BytePairTrainerOptions { VocabularySize = 270 });
        RetNetConfiguration configuration = new()
        {
            Dialect = RetNetDialect.Fla,
            Width = Width,
            Layers = 1,
            Heads = 2,
            KeyValueHeads = 2,
            KeyWidth = 4,
            ValueWidth = 8,
            FeedForwardWidth = 16,
            Activation = RetNetActivation.Swish,
            UseOutputGate = true,
            FuseNorm = true,
            HeadNormHasWeight = true,
            NormEpsilon = 1e-6f,
            EmbeddingScale = 1,
            EmbeddingNorm = false,
            TieEmbeddings = true,
            VocabularySize = tokenizer.Tokens.Count,
            ChunkSize = 64,
            ContextLength = 64,
            BosTokenId = 0,
        };
        using TrainableModel model = TrainableModel.Create(configuration, seed: 1, threads: 1);
        ModelDocuments documents = new()
        {
            Configuration = default,
            Tokenizer = tokenizer.TokenizerJson,
            TokenizerConfiguration = tokenizer.TokenizerConfigurationJson,
        };
        string path = System.IO.Path.Combine(AppContext.BaseDirectory, "models", "tiny");
        model.Save(path, documents);
        return path;
    }
}

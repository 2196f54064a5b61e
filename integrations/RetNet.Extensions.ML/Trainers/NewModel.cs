using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>Creates models for training.</summary>
internal static class NewModel
{
    private const float NormEpsilon = 1e-6f;
    private const double RopeTheta = 10_000;
    private const int ContextLength = 2048;

    // The control tokens of a trained tokenizer.
    private const int EndOfText = 0;
    private const int Padding = 1;

    // For few texts: tokens that are rarely or never seen should add no noise, and the embedding should dominate the blocks at first.
    private static readonly InitializationOptions Quiet = new() { EmbeddingDeviation = 0.02, SilentBlocks = true };

    /// <summary>A model with new weights.</summary>
    /// <param name="options">Family and sizes, and the number of threads.</param>
    /// <param name="vocabularySize">The number of tokens.</param>
    /// <param name="seed">Seed of the weights.</param>
    public static TrainableModel Create(RetNetTrainerOptions options, int vocabularySize, int seed) =>
        options.Family == RetNetModelFamily.Llama
        ? TrainableModel.Create(Llama(options, vocabularySize), seed, options.Threads, Quiet)
        : TrainableModel.Create(RetNet(options, vocabularySize), seed, options.Threads, Quiet);

    // fla's defaults: values twice as wide as keys, a gated feed-forward network with as many weights as one of twice the width without a
    // gate.
    private static RetNetConfiguration RetNet(RetNetTrainerOptions options, int vocabularySize) => new()
    {
        Dialect = RetNetDialect.Fla,
        Width = options.Width,
        Layers = options.Layers,
        Heads = options.Heads,
        KeyValueHeads = options.Heads,
        KeyWidth = options.Width / options.Heads,
        ValueWidth = 2 * options.Width / options.Heads,
        FeedForwardWidth = FeedForwardWidth(options.Width),
        Activation = RetNetActivation.Swish,
        UseOutputGate = true,
        FuseNorm = true,
        HeadNormHasWeight = true,
        NormEpsilon = NormEpsilon,
        EmbeddingScale = 1,
        EmbeddingNorm = false,
        TieEmbeddings = true,
        VocabularySize = vocabularySize,
        ChunkSize = 64,
        ContextLength = ContextLength,
        BosTokenId = EndOfText,
        EosTokenIds = [EndOfText],
        PadTokenId = Padding,
    };

    private static TransformerConfiguration Llama(RetNetTrainerOptions options, int vocabularySize) => new()
    {
        ModelType = "llama",
        Width = options.Width,
        Layers = options.Layers,
        Heads = options.Heads,
        KeyValueHeads = options.Heads,
        HeadWidth = options.Width / options.Heads,
        FeedForwardWidth = 2 * FeedForwardWidth(options.Width),
        NormEpsilon = NormEpsilon,
        RopeTheta = RopeTheta,
        QueryKeyValueBias = false,
        OutputBias = false,
        QueryKeyNorm = false,
        TieEmbeddings = true,
        VocabularySize = vocabularySize,
        ContextLength = ContextLength,
        SlidingWindows = new int?[options.Layers],
        BosTokenId = EndOfText,
        EosTokenIds = [EndOfText],
        PadTokenId = Padding,
    };

    private static int FeedForwardWidth(int width) => ((4 * width / 3) + 31) / 32 * 32;
}

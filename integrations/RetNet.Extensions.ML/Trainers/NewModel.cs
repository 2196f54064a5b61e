using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>Creates models for training.</summary>
internal static class NewModel
{
    // For few texts: tokens that are rarely or never seen should add no noise, and the embedding should dominate the blocks at first.
    private static readonly InitializationOptions Quiet = new() { EmbeddingDeviation = 0.02, SilentBlocks = true };

    /// <summary>A model with new weights.</summary>
    /// <param name="options">Family and sizes, and the number of threads.</param>
    /// <param name="tokenizer">The tokens.</param>
    /// <param name="seed">Seed of the weights.</param>
    public static TrainableModel Create(RetNetTrainerOptions options, Tokenizer tokenizer, int seed)
    {
        ModelShape shape = new()
        {
            Width = options.Width,
            Layers = options.Layers,
            Heads = options.Heads,
            VocabularySize = tokenizer.VocabularySize,
            BosTokenId = tokenizer.BeginningOfSequenceId,
            EosTokenId = tokenizer.EndOfSequenceId,
            PadTokenId = tokenizer.PaddingId,
        };
        ModelFamily family = options.Family == RetNetModelFamily.Llama ? ModelFamily.Llama : ModelFamily.RetNet;
        return family.Create(shape, seed, options.Threads, Quiet);
    }
}

using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.ML.Models;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>A trained model with its head: texts in, outputs of the head out. Safe for concurrent calls.</summary>
internal sealed class TrainedScorer(HeldModel model, ScoringHead head, ScorerSettings settings)
{
    private readonly SequenceEmbedder _embedder = new(
        model.Text.Model, settings.CreateStateOptions(), EmbeddingPooling.Mean, normalize: false);
    private readonly TextEncoder _encoder = new(model.Text.Tokenizer, Separator(model.Text), settings.ContextLength);

    public HeldModel Model => model;

    public ScoringHead Head => head;

    /// <summary>The head's outputs for rows of texts.</summary>
    /// <returns><c>[rows][outputs]</c>.</returns>
    public float[][] Score(IReadOnlyList<string[]> rows) =>
        Array.ConvertAll(_embedder.EmbedEach(rows.Count, row => _encoder.Encode(rows[row])), head.Score);

    private static int Separator(TextModel model) =>
        TextEncoder.Separator(model.Tokenizer, model.Model.Info.BeginningOfSequenceId, model.Model.Info.EndOfSequenceIds);
}

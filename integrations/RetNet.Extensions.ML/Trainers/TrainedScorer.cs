using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.ML.Models;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>A trained model with its head: texts in, outputs of the head out. Owns the model. Safe for concurrent calls.</summary>
internal sealed class TrainedScorer(HeldModel model, ScoringHead head, int contextLength) : IDisposable
{
    private readonly SequenceEmbedder _embedder = new(model.Text.Model, pooling: EmbeddingPooling.Mean, normalize: false);
    private readonly TextEncoder _encoder = new(model.Text.Tokenizer, Separator(model.Text), contextLength);

    public HeldModel Model => model;

    public ScoringHead Head => head;

    /// <summary>Reads a saved scorer.</summary>
    /// <exception cref="FormatException">The archive is damaged.</exception>
    public static TrainedScorer Read(ArchiveReader archive, int outputs, int contextLength)
    {
        HeldModel model = archive.ReadModel(new ModelLoadOptions());
        try
        {
            ScoringHead head = archive.Read(ArchiveNames.Head, stream => ScoringHead.Read(stream, outputs, model.Text.Model.Info.Width));
            return new TrainedScorer(model, head, contextLength);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The head's outputs for rows of texts.</summary>
    /// <returns><c>[rows][outputs]</c>.</returns>
    public float[][] Score(IReadOnlyList<string[]> rows) => [.. _embedder.Embed([.. rows.Select(_encoder.Encode)]).Select(head.Score)];

    public void Dispose() => model.Dispose();

    /// <summary>The token between two texts: the one that ends a text, or begins one, or else the first of the vocabulary.</summary>
    public static int Separator(TextModel model) => TextTokens.End(model) ?? TextTokens.Start(model) ?? 0;
}

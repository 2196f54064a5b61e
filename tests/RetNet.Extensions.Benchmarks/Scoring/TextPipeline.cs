using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using RetNet.Extensions.ML.Trainers;
using RetNet.Extensions.ML.Transforms;

namespace RetNet.Extensions.Benchmarks.Scoring;

/// <summary>What scores a text column: a classifier from scratch with the defaults of <c>RetNetTextClassification</c>, or
/// <c>RetNetEmbedding</c>.</summary>
internal static class TextPipeline
{
    public const string Output = "Score";

    /// <summary>The classifier of a file's rows, trained once: later runs and other builds load it.</summary>
    /// <param name="context">ML.NET.</param>
    /// <param name="set">The file of <see cref="TextRow"/>.</param>
    /// <param name="folder">Where its archive is, or is written.</param>
    public static ITransformer Classifier(MLContext context, string set, string folder)
    {
        string archive = Path.Combine(folder, Path.ChangeExtension(Path.GetFileName(set), ".zip"));
        if (!File.Exists(archive))
        {
            IDataView rows = context.Data.LoadFromEnumerable(TextRow.Read(set));
            ITransformer keys = context.Transforms.Conversion.MapValueToKey(nameof(TextRow.Label)).Fit(rows);
            RetNetMulticlassTrainer trainer = context.MulticlassClassification.Trainers.RetNetTextClassification(
                new RetNetMulticlassTrainer.Options { Sentence1ColumnName = nameof(TextRow.Text), ScoreColumnName = Output });
            Directory.CreateDirectory(folder);
            context.Model.Save(trainer.Fit(keys.Transform(rows)), rows.Schema, archive);
        }

        return context.Model.Load(archive, out _);
    }

    /// <summary>Embeds texts with a model.</summary>
    /// <param name="context">ML.NET.</param>
    /// <param name="model">The model's folder, or a .gguf file.</param>
    public static RetNetEmbeddingTransformer Embedding(MLContext context, string model) =>
        Embedder(context, model).Fit(context.Data.LoadFromEnumerable<TextRow>([]));

    /// <summary>Reads the embeddings of rows as a trainer does that reads them again and again.</summary>
    /// <param name="context">ML.NET.</param>
    /// <param name="model">As for <see cref="Embedding"/>.</param>
    /// <param name="hasCheckpoint">Whether a cache checkpoint stands before the trainer.</param>
    public static IEstimator<ITransformer> Trained(MLContext context, string model, bool hasCheckpoint)
    {
        EstimatorChain<RetNetEmbeddingTransformer> rows = context.Transforms.Conversion.MapValueToKey(nameof(TextRow.Label))
            .Append(Embedder(context, model));
        if (hasCheckpoint)
            rows = rows.AppendCacheCheckpoint(context);
        return rows.Append(context.MulticlassClassification.Trainers.SdcaMaximumEntropy(
            new SdcaMaximumEntropyMulticlassTrainer.Options { FeatureColumnName = Output }));
    }

    private static RetNetEmbeddingEstimator Embedder(MLContext context, string model) => context.Transforms.Text.RetNetEmbedding(
        new RetNetEmbeddingEstimator.Options { OutputColumnName = Output, InputColumnName = nameof(TextRow.Text), ModelPath = model });
}

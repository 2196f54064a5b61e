using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.Benchmarks.Report;
using RetNet.Extensions.ML.Transforms;

namespace RetNet.Extensions.Benchmarks.Papers;

/// <summary>Whole chapters sorted by book in an ML.NET pipeline: a vector of each by a model with a fixed budget of rows, then a linear
/// classifier.</summary>
/// <param name="chapters">The rows. Every second one of a book is held out.</param>
internal sealed class ChapterClassification(List<Chapter> chapters)
{
    private readonly ResultTable _table = new(["model", "accuracy", "macro accuracy", "log loss"]);

    /// <summary>Trains the classifier on the embeddings of one half and evaluates it on the other.</summary>
    /// <param name="model">The model's folder.</param>
    /// <param name="name">As the table names it.</param>
    /// <param name="policy">Which rows a Transformer keeps.</param>
    public void Measure(string model, string name, PolicyRows policy)
    {
        MLContext context = new(seed: 1);
        IEstimator<ITransformer> pipeline = context.Transforms.Conversion.MapValueToKey("Label", nameof(Chapter.Book))
            .Append(context.Transforms.Text.RetNetEmbedding(new RetNetEmbeddingEstimator.Options
            {
                OutputColumnName = "Features",
                InputColumnName = nameof(Chapter.Text),
                ModelPath = model,
                Policy = policy.Name,
                StateSize = policy.Rows is { } rows ? $"{rows}" : null,
            }))
            .AppendCacheCheckpoint(context)
            .Append(context.MulticlassClassification.Trainers.SdcaMaximumEntropy());
        MulticlassClassificationMetrics metrics = context.MulticlassClassification.Evaluate(
            pipeline.Fit(Half(0)).Transform(Half(1)));
        _table.Add([name, ResultTable.Number(metrics.MicroAccuracy, 3), ResultTable.Number(metrics.MacroAccuracy, 3),
            ResultTable.Number(metrics.LogLoss, 3)]);

        IDataView Half(int half) => context.Data.LoadFromEnumerable(chapters.Where((_, i) => i % 2 == half));
    }
}

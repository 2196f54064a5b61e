using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Trainers;

namespace RetNet.Extensions.ML.Tests;

/// <summary>Options of tiny models, and the pipeline that classifies reviews with one.</summary>
internal static class ReviewTrainers
{
    public static T Tiny<T>(this T options)
        where T : RetNetTrainerOptions
    {
        (options.Width, options.Layers, options.Heads, options.VocabularySize) = (16, 1, 2, 300);
        (options.MaxEpoch, options.BatchSize, options.LearningRate, options.Dropout, options.Threads) = (12, 10, 0.02, 0, 1);
        return options;
    }

    public static RetNetMulticlassTrainer.Options Classifier(Action<RetNetMulticlassTrainer.Options>? change = null)
    {
        RetNetMulticlassTrainer.Options options = new RetNetMulticlassTrainer.Options().Tiny();
        change?.Invoke(options);
        return options;
    }

    public static EstimatorChain<ITransformer> Pipeline(this MLContext context, RetNetMulticlassTrainer.Options? options = null) =>
        new EstimatorChain<ITransformer>()
        .Append(context.Transforms.Conversion.MapValueToKey("Label", "Kind"))
        .AppendCacheCheckpoint(context)
        .Append(context.MulticlassClassification.Trainers.RetNetTextClassification(options ?? Classifier()))
        .Append<ITransformer>(context.Transforms.Conversion.MapKeyToValue("PredictedKind", "PredictedLabel"));

    public static IDataView Reviews(this MLContext context, int count = 30) => context.Data.LoadFromEnumerable(Review.Rows(count));
}

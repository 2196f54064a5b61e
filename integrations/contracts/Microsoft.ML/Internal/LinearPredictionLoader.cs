using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

[assembly: LoadableClass(typeof(ITransformer), typeof(LinearPredictionLoader.MulticlassLoader), null, typeof(SignatureLoadModel),
    "Multiclass prediction", LinearPredictionLoader.Multiclass)]
[assembly: LoadableClass(typeof(ITransformer), typeof(LinearPredictionLoader.BinaryLoader), null, typeof(SignatureLoadModel),
    "Binary prediction", LinearPredictionLoader.Binary)]
[assembly: LoadableClass(typeof(ITransformer), typeof(LinearPredictionLoader.RegressionLoader), null, typeof(SignatureLoadModel),
    "Regression", LinearPredictionLoader.Regression)]

namespace Microsoft.ML.Internal;

/// <summary>Loads the three kinds of linear predictions from a model file.</summary>
internal static class LinearPredictionLoader
{
    public const string Multiclass = "MulticlassPredXfer";
    public const string Binary = "BinaryPredXfer";
    public const string Regression = "RegressionPredXfer";

    internal static class MulticlassLoader
    {
        private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        {
            string features = ctx.LoadNonEmptyString();
            MaximumEntropyModelParameters model = new(LinearModel.Read(ctx.Reader));
            DataViewSchema labels = ValueCodec.ReadSchema(ctx.Reader);
            return new MulticlassPredictionTransformer<MaximumEntropyModelParameters>(env, model, features, labels[DefaultColumnNames.Label].Annotations);
        }
    }

    internal static class BinaryLoader
    {
        private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        {
            string features = ctx.LoadNonEmptyString();
            return new BinaryPredictionTransformer<LinearBinaryModelParameters>(env, new LinearBinaryModelParameters(LinearModel.Read(ctx.Reader)), features);
        }
    }

    internal static class RegressionLoader
    {
        private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx)
        {
            string features = ctx.LoadNonEmptyString();
            return new RegressionPredictionTransformer<LinearRegressionModelParameters>(
                env, new LinearRegressionModelParameters(LinearModel.Read(ctx.Reader)), features);
        }
    }
}

using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Rows;
using RetNet.Extensions.ML.Schema;
using RetNet.Extensions.ML.Trainers;

[assembly: LoadableClass(typeof(ITransformer), typeof(RetNetRegressionTransformer), null, typeof(SignatureLoadModel), "",
    RetNetRegressionTransformer.LoaderSignature)]

namespace RetNet.Extensions.ML.Trainers;

/// <summary>Gives a number to a text or a pair of texts.</summary>
public sealed class RetNetRegressionTransformer : RetNetScoringTransformer
{
    internal const string LoaderSignature = "RetNetRegression";

    internal RetNetRegressionTransformer(IHost host, TrainedScorer scorer, ScorerSettings settings)
        : base(host, scorer, settings)
    {
    }

    private static VersionInfo OwnVersion => Version("RETNREGR", LoaderSignature);

    private protected override VersionInfo LoaderVersion => OwnVersion;

    private protected override IReadOnlyList<OutputColumn<float[]>> CreateColumns() =>
    [
        new OutputColumn<float[], float>(
            Settings.ScoreColumn, NumberDataViewType.Single, (float[] outputs, ref float value) => value = outputs[0],
            Annotations(ColumnKinds.Regression, ColumnKinds.Score).ToAnnotations()),
    ];

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) =>
        Load(env, ctx, OwnVersion, (host, scorer, settings) => new RetNetRegressionTransformer(host, scorer, settings));
}

using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Rows;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>Gives a number to a text or a pair of texts.</summary>
public sealed class RetNetRegressionTransformer : RetNetScoringTransformer, ISavedTransformer
{
    internal const string LoaderName = "RetNetRegression";

    private static readonly ArchiveFormat SavedAs = new("RETNREGR", LoaderName);

    internal RetNetRegressionTransformer(IHost host, TrainedScorer scorer, ScorerSettings settings)
        : base(host, scorer, settings)
    {
    }

    static ArchiveFormat ISavedTransformer.Format => SavedAs;

    private protected override ArchiveFormat Format => SavedAs;

    private protected override IReadOnlyList<OutputColumn<float[]>> CreateColumns() =>
    [
        new OutputColumn<float[], float>(
            Settings.ScoreColumn, NumberDataViewType.Single, (float[] outputs, ref float value) => value = outputs[0],
            Annotations(ColumnKinds.Regression, ColumnKinds.Score).ToAnnotations()),
    ];

    static ITransformer ISavedTransformer.Load(IHost host, ArchiveReader archive) =>
        Load(host, archive, (scorer, settings) => new RetNetRegressionTransformer(host, scorer, settings));
}

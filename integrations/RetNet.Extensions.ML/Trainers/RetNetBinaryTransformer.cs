using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Rows;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>Answers yes or no to a text: adds the score (logit), the probability of yes, and whether it is above one half.</summary>
public sealed class RetNetBinaryTransformer : RetNetScoringTransformer, ISavedTransformer
{
    internal const string LoaderName = "RetNetBinary";

    private static readonly ArchiveFormat SavedAs = new("RETNBINA", LoaderName);

    private readonly string _predictionColumn;
    private readonly string _probabilityColumn;

    internal RetNetBinaryTransformer(IHost host, TrainedScorer scorer, ScorerSettings settings)
        : base(host, scorer, settings)
    {
        _predictionColumn = settings.PredictionColumn
            ?? throw new FormatException("The settings of a classifier name no column of predicted labels.");
        _probabilityColumn = settings.ProbabilityColumn
            ?? throw new FormatException("The settings of a classifier name no column of probabilities.");
    }

    static ArchiveFormat ISavedTransformer.Format => SavedAs;

    private protected override ArchiveFormat Format => SavedAs;

    private protected override IReadOnlyList<OutputColumn<float[]>> CreateColumns()
    {
        DataViewSchema.Annotations.Builder probability = Annotations(ColumnKinds.Binary, ColumnKinds.Probability);
        probability.Add(ColumnKinds.IsNormalized, BooleanDataViewType.Instance, (ref bool value) => value = true);
        return
        [
            new OutputColumn<float[], bool>(
                _predictionColumn, BooleanDataViewType.Instance, (float[] outputs, ref bool value) => value = outputs[0] > 0,
                Annotations(ColumnKinds.Binary, ColumnKinds.PredictedLabel).ToAnnotations()),
            new OutputColumn<float[], float>(
                Settings.ScoreColumn, NumberDataViewType.Single, (float[] outputs, ref float value) => value = outputs[0],
                Annotations(ColumnKinds.Binary, ColumnKinds.Score).ToAnnotations()),
            new OutputColumn<float[], float>(
                _probabilityColumn, NumberDataViewType.Single, (float[] outputs, ref float value) =>
                    value = 1 / (1 + MathF.Exp(-outputs[0])),
                probability.ToAnnotations()),
        ];
    }

    static ITransformer ISavedTransformer.Load(IHost host, ArchiveReader archive) =>
        Load(host, archive, (scorer, settings) => new RetNetBinaryTransformer(host, scorer, settings));
}

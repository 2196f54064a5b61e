using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Schema;

/// <summary>ML.NET's names of annotations, and the values that its evaluators expect in them.</summary>
internal static class ColumnKinds
{
    public const string KeyValues = "KeyValues";
    public const string SlotNames = "SlotNames";
    public const string TrainingLabelValues = "TrainingLabelValues";
    public const string IsNormalized = "IsNormalized";
    public const string ScoreColumnKind = "ScoreColumnKind";
    public const string ScoreValueKind = "ScoreValueKind";

    public const string Multiclass = "MulticlassClassification";
    public const string Binary = "BinaryClassification";
    public const string Regression = "Regression";

    public const string Score = "Score";
    public const string Probability = "Probability";
    public const string PredictedLabel = "PredictedLabel";

    /// <summary>The annotations of every column that a trained transformer adds.</summary>
    public static IReadOnlyList<SchemaShape.Column> ScoreShape { get; } =
        [ColumnShapes.Scalar(ScoreColumnKind, TextDataViewType.Instance), ColumnShapes.Scalar(ScoreValueKind, TextDataViewType.Instance)];
}

using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Training.Run;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>Trains a model that answers yes or no to texts, with a Boolean label.</summary>
public sealed partial class RetNetBinaryTrainer : RetNetTrainer<RetNetBinaryTransformer>
{
    private readonly Options _options;

    internal RetNetBinaryTrainer(IHostEnvironment environment, Options options)
        : base(environment, options)
    {
        _options = (Options)options.Copy();
        _options.ClassWeights = options.ClassWeights?.ToArray();
    }

    private protected override SequenceLoss Loss => SequenceLoss.Logistic;

    private protected override Func<float> ReadLabel(DataViewRow row, DataViewSchema.Column label, string role) =>
        LabelReaders.Boolean(row, label, role);

    private protected override int CountOutputs(DataViewSchema.Column label) => 1;

    private protected override float[] Weights(LabelledTexts rows, int outputs) =>
        ClassWeights.Of(rows, classes: 2, _options.ClassWeights, _options.BalanceClasses);

    private protected override void CheckLabel(SchemaShape.Column label)
    {
        if (label.Kind != SchemaShape.Column.VectorKind.Scalar || label.ItemType is not BooleanDataViewType)
            throw SchemaChecks.Mismatch("label", label.Name, BooleanDataViewType.Instance.Describe(), label.Describe());
    }

    private protected override SchemaShape.Column[] OutputColumns(SchemaShape.Column label) =>
    [
        ColumnShapes.Scalar(_options.PredictionColumnName, BooleanDataViewType.Instance, ColumnKinds.ScoreShape),
        ColumnShapes.Scalar(_options.ScoreColumnName, NumberDataViewType.Single, ColumnKinds.ScoreShape),
        ColumnShapes.Scalar(
            _options.ProbabilityColumnName, NumberDataViewType.Single,
            [.. ColumnKinds.ScoreShape, ColumnShapes.Scalar(ColumnKinds.IsNormalized, BooleanDataViewType.Instance)]),
    ];

    private protected override RetNetBinaryTransformer Create(
        IHost host, TrainedScorer scorer, ScorerSettings settings, DataViewSchema.Column label) =>
        new(host, scorer, settings with
        {
            PredictionColumn = _options.PredictionColumnName,
            ProbabilityColumn = _options.ProbabilityColumnName,
        });
}

using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Training.Run;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>Trains a model that gives numbers to texts or pairs of texts, with a label of type <see cref="float"/>, from −1e30 to
/// 1e30.</summary>
public sealed class RetNetRegressionTrainer : RetNetTrainer<RetNetRegressionTransformer>
{
    private readonly Options _options;

    internal RetNetRegressionTrainer(IHostEnvironment environment, Options options)
        : base(environment, options) => _options = (Options)options.Copy();

    private protected override SequenceLoss Loss => SequenceLoss.SquaredError;

    private protected override Func<float> ReadLabel(DataViewRow row, DataViewSchema.Column label, string role) =>
        LabelReaders.Number(row, label, role);

    private protected override int CountOutputs(DataViewSchema.Column label) => 1;

    private protected override float[] Weights(LabelledTexts rows, int outputs) => [];

    private protected override void CheckLabel(SchemaShape.Column label) => label.RequireSingle("label");

    private protected override SchemaShape.Column[] OutputColumns(SchemaShape.Column label) =>
        [ColumnShapes.Scalar(_options.ScoreColumnName, NumberDataViewType.Single, ColumnKinds.ScoreShape)];

    private protected override RetNetRegressionTransformer Create(
        IHost host, TrainedScorer scorer, ScorerSettings settings, DataViewSchema.Column label) =>
        new(host, scorer, settings);

    /// <summary>How a model that gives numbers is trained. The labels are scaled to mean 0 and variance 1 for training, and the scores
    /// back.</summary>
    public sealed class Options : RetNetTrainerOptions;
}

using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Trainers;

public sealed class SdcaLogisticRegressionBinaryTrainer : LinearTrainer<BinaryPredictionTransformer<LinearBinaryModelParameters>>
{
    internal SdcaLogisticRegressionBinaryTrainer(IHostEnvironment env, string labelColumnName, string featureColumnName, int? maximumNumberOfIterations)
        : base(env, labelColumnName, featureColumnName, maximumNumberOfIterations)
    {
    }

    private protected override string ExpectedLabel => "Boolean";

    private protected override bool AcceptsLabel(SchemaShape.Column label) => label.ItemType is BooleanDataViewType;

    private protected override IEnumerable<SchemaShape.Column> OutputColumns(SchemaShape.Column label)
    {
        SchemaShape annotations = new(AnnotationUtils.GetTrainerOutputAnnotation());
        SchemaShape normalized = new(AnnotationUtils.GetTrainerOutputAnnotation(isNormalized: true));
        const SchemaShape.Column.VectorKind scalar = SchemaShape.Column.VectorKind.Scalar;
        yield return new SchemaShape.Column(DefaultColumnNames.Score, scalar, NumberDataViewType.Single, false, annotations);
        yield return new SchemaShape.Column(DefaultColumnNames.Probability, scalar, NumberDataViewType.Single, false, normalized);
        yield return new SchemaShape.Column(DefaultColumnNames.PredictedLabel, scalar, BooleanDataViewType.Instance, false, annotations);
    }

    private protected override int CountOutputs(DataViewType label, IReadOnlyList<LinearExample> examples) => 1;

    private protected override void Gradient(Span<float> scores, float label) => scores[0] = (1 / (1 + MathF.Exp(-scores[0]))) - label;

    private protected override BinaryPredictionTransformer<LinearBinaryModelParameters> CreateTransformer(
        IHostEnvironment env, LinearModel model, DataViewSchema schema)
        => new(env, new LinearBinaryModelParameters(model), FeatureColumnName);
}

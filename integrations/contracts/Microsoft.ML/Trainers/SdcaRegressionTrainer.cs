using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Trainers;

/// <summary>Linear regression with squared errors.</summary>
public sealed class SdcaRegressionTrainer : LinearTrainer<RegressionPredictionTransformer<LinearRegressionModelParameters>>
{
    internal SdcaRegressionTrainer(IHostEnvironment env, string labelColumnName, string featureColumnName, int? maximumNumberOfIterations)
        : base(env, labelColumnName, featureColumnName, maximumNumberOfIterations)
    {
    }

    private protected override string ExpectedLabel => "Single";

    private protected override bool AcceptsLabel(SchemaShape.Column label) => !label.IsKey && label.ItemType == NumberDataViewType.Single;

    private protected override IEnumerable<SchemaShape.Column> OutputColumns(SchemaShape.Column label)
    {
        yield return new SchemaShape.Column(
            DefaultColumnNames.Score,
            SchemaShape.Column.VectorKind.Scalar,
            NumberDataViewType.Single,
            false,
            new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation()));
    }

    private protected override int CountOutputs(DataViewType label, IReadOnlyList<LinearExample> examples) => 1;

    private protected override void Gradient(Span<float> scores, float label) => scores[0] -= label;

    private protected override RegressionPredictionTransformer<LinearRegressionModelParameters> CreateTransformer(
        IHostEnvironment env, LinearModel model, DataViewSchema schema)
        => new(env, new LinearRegressionModelParameters(model), FeatureColumnName);
}

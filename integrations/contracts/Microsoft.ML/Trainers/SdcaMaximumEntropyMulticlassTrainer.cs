using System.Numerics.Tensors;
using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Trainers;

/// <summary>Multinomial logistic regression.</summary>
public sealed class SdcaMaximumEntropyMulticlassTrainer : LinearTrainer<MulticlassPredictionTransformer<MaximumEntropyModelParameters>>
{
    internal SdcaMaximumEntropyMulticlassTrainer(IHostEnvironment env, string labelColumnName, string featureColumnName, int? maximumNumberOfIterations)
        : base(env, labelColumnName, featureColumnName, maximumNumberOfIterations)
    {
    }

    private protected override string ExpectedLabel => "Key<UInt32>";

    private protected override bool AcceptsLabel(SchemaShape.Column label) => label.IsKey && label.ItemType == NumberDataViewType.UInt32;

    private protected override IEnumerable<SchemaShape.Column> OutputColumns(SchemaShape.Column label)
    {
        List<SchemaShape.Column> predicted = [];
        if (label.Annotations.TryFindColumn(AnnotationUtils.Kinds.KeyValues, out SchemaShape.Column values))
            predicted.Add(values);
        predicted.AddRange(AnnotationUtils.GetTrainerOutputAnnotation());
        yield return new SchemaShape.Column(
            DefaultColumnNames.Score,
            SchemaShape.Column.VectorKind.Vector,
            NumberDataViewType.Single,
            false,
            new SchemaShape(AnnotationUtils.AnnotationsForMulticlassScoreColumn(label)));
        yield return new SchemaShape.Column(
            DefaultColumnNames.PredictedLabel, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, true, new SchemaShape(predicted));
    }

    private protected override int CountOutputs(DataViewType label, IReadOnlyList<LinearExample> examples) => label.GetKeyCountAsInt32();

    private protected override void Gradient(Span<float> scores, float label)
    {
        TensorPrimitives.SoftMax(scores, scores);
        scores[(int)label]--;
    }

    private protected override MulticlassPredictionTransformer<MaximumEntropyModelParameters> CreateTransformer(
        IHostEnvironment env, LinearModel model, DataViewSchema schema)
    {
        DataViewSchema.Annotations.Builder values = new();
        values.Add(schema[LabelColumnName].Annotations, kind => kind == AnnotationUtils.Kinds.KeyValues);
        return new MulticlassPredictionTransformer<MaximumEntropyModelParameters>(
            env, new MaximumEntropyModelParameters(model), FeatureColumnName, values.ToAnnotations());
    }
}

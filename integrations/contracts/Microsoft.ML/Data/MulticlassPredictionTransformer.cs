using System.Numerics.Tensors;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Data;

public sealed class MulticlassPredictionTransformer<TModel> : LinearPredictionTransformer<TModel>
    where TModel : class
{
    private readonly DataViewSchema.Annotations _labels;

    internal MulticlassPredictionTransformer(IHostEnvironment env, TModel model, string featureColumnName, DataViewSchema.Annotations labels)
        : base(env, nameof(MulticlassPredictionTransformer<>), model, ((MaximumEntropyModelParameters)(object)model).Model, featureColumnName)
        => _labels = labels;

    private protected override void AddColumns(List<(DataViewSchema.DetachedColumn Column, Func<Func<float[]>, Delegate> CreateGetter)> columns)
    {
        const string kind = AnnotationUtils.Const.ScoreColumnKind.MulticlassClassification;
        DataViewSchema.Annotations.Builder predicted = ScoreAnnotations.Create(kind, AnnotationUtils.Const.ScoreValueKind.PredictedLabel);
        DataViewSchema.Annotations.Builder score = ScoreAnnotations.Create(kind, AnnotationUtils.Const.ScoreValueKind.Score);
        if (_labels.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues) is DataViewSchema.Column values)
        {
            Delegate getter = _labels.GetGetterInternal(values.Index);
            predicted.Add(AnnotationUtils.Kinds.KeyValues, values.Type, getter);
            score.Add(AnnotationUtils.Kinds.TrainingLabelValues, values.Type, getter);
            if (values.Type.GetItemType() is TextDataViewType)
                score.Add(AnnotationUtils.Kinds.SlotNames, values.Type, getter);
        }

        columns.Add((
            new DataViewSchema.DetachedColumn(DefaultColumnNames.PredictedLabel, new KeyDataViewType(typeof(uint), Outputs), predicted.ToAnnotations()),
            scores => (ValueGetter<uint>)((ref uint value) => value = (uint)TensorPrimitives.IndexOfMax<float>(scores()) + 1)));
        columns.Add((
            new DataViewSchema.DetachedColumn(DefaultColumnNames.Score, new VectorDataViewType(NumberDataViewType.Single, Outputs), score.ToAnnotations()),
            scores => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
            {
                VBufferEditor<float> editor = VBufferEditor.Create(ref value, Outputs);
                TensorPrimitives.SoftMax(scores(), editor.Values);
                value = editor.Commit();
            })));
    }

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version("MULTPRED", LinearPredictionLoader.Multiclass));
        SaveModel(ctx);
        DataViewSchema.Builder labels = new();
        labels.AddColumn(DefaultColumnNames.Label, new KeyDataViewType(typeof(uint), Outputs), _labels);
        ValueCodec.WriteSchema(ctx.Writer, labels.ToSchema());
    }
}

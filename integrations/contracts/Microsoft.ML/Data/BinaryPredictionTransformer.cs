using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Data;

public sealed class BinaryPredictionTransformer<TModel> : LinearPredictionTransformer<TModel>
    where TModel : class
{
    internal BinaryPredictionTransformer(IHostEnvironment env, TModel model, string featureColumnName)
        : base(env, nameof(BinaryPredictionTransformer<>), model, ((LinearBinaryModelParameters)(object)model).Model, featureColumnName)
    {
    }

    private protected override void AddColumns(List<(DataViewSchema.DetachedColumn Column, Func<Func<float[]>, Delegate> CreateGetter)> columns)
    {
        const string kind = AnnotationUtils.Const.ScoreColumnKind.BinaryClassification;
        DataViewSchema.Annotations.Builder predicted = ScoreAnnotations.Create(kind, AnnotationUtils.Const.ScoreValueKind.PredictedLabel);
        DataViewSchema.Annotations.Builder score = ScoreAnnotations.Create(kind, AnnotationUtils.Const.ScoreValueKind.Score);
        DataViewSchema.Annotations.Builder probability = ScoreAnnotations.Create(kind, AnnotationUtils.Const.ScoreValueKind.Probability);
        probability.AddPrimitiveValue(AnnotationUtils.Kinds.IsNormalized, BooleanDataViewType.Instance, true);
        columns.Add((
            new DataViewSchema.DetachedColumn(DefaultColumnNames.PredictedLabel, BooleanDataViewType.Instance, predicted.ToAnnotations()),
            scores => (ValueGetter<bool>)((ref bool value) => value = scores()[0] > 0)));
        columns.Add((
            new DataViewSchema.DetachedColumn(DefaultColumnNames.Score, NumberDataViewType.Single, score.ToAnnotations()),
            scores => (ValueGetter<float>)((ref float value) => value = scores()[0])));
        columns.Add((
            new DataViewSchema.DetachedColumn(DefaultColumnNames.Probability, NumberDataViewType.Single, probability.ToAnnotations()),
            scores => (ValueGetter<float>)((ref float value) => value = 1 / (1 + MathF.Exp(-scores()[0])))));
    }

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version("BIN PRED", LinearPredictionLoader.Binary));
        SaveModel(ctx);
    }
}

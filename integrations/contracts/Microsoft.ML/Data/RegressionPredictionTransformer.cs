using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Data;

public sealed class RegressionPredictionTransformer<TModel> : LinearPredictionTransformer<TModel>
    where TModel : class
{
    internal RegressionPredictionTransformer(IHostEnvironment env, TModel model, string featureColumnName)
        : base(env, nameof(RegressionPredictionTransformer<>), model, ((LinearRegressionModelParameters)(object)model).Model, featureColumnName)
    {
    }

    private protected override void AddColumns(List<(DataViewSchema.DetachedColumn Column, Func<Func<float[]>, Delegate> CreateGetter)> columns)
    {
        DataViewSchema.Annotations.Builder score
            = ScoreAnnotations.Create(AnnotationUtils.Const.ScoreColumnKind.Regression, AnnotationUtils.Const.ScoreValueKind.Score);
        columns.Add((
            new DataViewSchema.DetachedColumn(DefaultColumnNames.Score, NumberDataViewType.Single, score.ToAnnotations()),
            scores => (ValueGetter<float>)((ref float value) => value = scores()[0])));
    }

    private protected override void Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version("REG PRED", LinearPredictionLoader.Regression));
        SaveModel(ctx);
    }
}

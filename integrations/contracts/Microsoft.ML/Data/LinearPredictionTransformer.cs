using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Scores a feature column with a linear model.</summary>
public abstract class LinearPredictionTransformer<TModel> : RowToRowTransformerBase
    where TModel : class
{
    private readonly LinearModel _linear;

    private protected LinearPredictionTransformer(IHostEnvironment env, string name, TModel model, LinearModel linear, string featureColumnName)
        : base(env, name)
    {
        Model = model;
        _linear = linear;
        FeatureColumnName = featureColumnName;
    }

    public TModel Model { get; }

    public string FeatureColumnName { get; }

    private protected int Outputs => _linear.Outputs;

    /// <summary>Adds the output columns; each getter first brings the scores of the row up to date.</summary>
    private protected abstract void AddColumns(List<(DataViewSchema.DetachedColumn Column, Func<Func<float[]>, Delegate> CreateGetter)> columns);

    private protected override RowMapper Bind(DataViewSchema input)
    {
        DataViewSchema.Column features = input.Find(FeatureColumnName, "feature");
        if (features.Type is not VectorDataViewType vector || vector.ItemType != NumberDataViewType.Single)
            throw Contracts.ExceptSchemaMismatch("inputSchema", "feature", FeatureColumnName, "Vector<Single>", features.Type.ToString());
        return new RowMapper(input, new Mapping(this, features));
    }

    private protected void SaveModel(ModelSaveContext ctx)
    {
        ctx.SaveNonEmptyString(FeatureColumnName);
        _linear.Write(ctx.Writer);
    }

    private sealed class Mapping : RowMapping
    {
        private readonly LinearModel _model;
        private readonly DataViewSchema.Column _features;
        private readonly List<(DataViewSchema.DetachedColumn Column, Func<Func<float[]>, Delegate> CreateGetter)> _columns = [];

        public Mapping(LinearPredictionTransformer<TModel> owner, DataViewSchema.Column features)
        {
            _model = owner._linear;
            _features = features;
            owner.AddColumns(_columns);
        }

        public override IReadOnlyList<DataViewSchema.DetachedColumn> Columns => [.. _columns.Select(column => column.Column)];

        public override IEnumerable<DataViewSchema.Column> GetDependencies(int added) => [_features];

        public override Delegate[] CreateGetters(DataViewRow input, bool[] active)
        {
            if (!active.Contains(true))
                return new Delegate[active.Length];
            ValueGetter<VBuffer<float>> getter = input.GetGetter<VBuffer<float>>(_features);
            VBuffer<float> vector = default;
            float[] scores = new float[_model.Outputs];
            long scored = -1;

            float[] Scores()
            {
                if (scored != input.Position)
                {
                    getter(ref vector);
                    _model.Score(vector, scores);
                    scored = input.Position;
                }

                return scores;
            }

            return [.. _columns.Select((column, i) => active[i] ? column.CreateGetter(Scores) : null)];
        }
    }
}

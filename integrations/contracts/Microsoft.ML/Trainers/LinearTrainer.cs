using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Trainers;

/// <summary>Learns a linear model from a label and a feature column. The real package uses stochastic dual coordinate ascent; this is AdaGrad on the same
/// losses, and ignores weights and regularisation.</summary>
public abstract class LinearTrainer<TTransformer> : IEstimator<TTransformer>
    where TTransformer : class, ITransformer
{
    private const int DefaultIterations = 20;

    private readonly IHostEnvironment _environment;
    private readonly int _iterations;

    private protected LinearTrainer(IHostEnvironment env, string labelColumnName, string featureColumnName, int? maximumNumberOfIterations)
    {
        _environment = env;
        LabelColumnName = labelColumnName;
        FeatureColumnName = featureColumnName;
        _iterations = maximumNumberOfIterations ?? DefaultIterations;
    }

    private protected string LabelColumnName { get; }

    private protected string FeatureColumnName { get; }

    /// <summary>The label column's type as an error message names it.</summary>
    private protected abstract string ExpectedLabel { get; }

    public TTransformer Fit(IDataView input)
    {
        Contracts.CheckValue(input, nameof(input));
        GetOutputSchema(SchemaShape.Create(input.Schema));
        DataViewSchema.Column label = input.Schema[LabelColumnName];
        DataViewSchema.Column features = input.Schema[FeatureColumnName];
        List<LinearExample> examples = [];
        using (DataViewRowCursor cursor = input.GetRowCursor(label, features))
        {
            Func<double> labelOf = AnyGetter.Number(cursor, label);
            ValueGetter<VBuffer<float>> featuresOf = cursor.GetGetter<VBuffer<float>>(features);
            while (cursor.MoveNext())
            {
                VBuffer<float> vector = default;
                featuresOf(ref vector);
                double truth = labelOf();
                if (!double.IsNaN(truth) && !vector.Items().Any(item => !float.IsFinite(item.Value)))
                    examples.Add(new LinearExample(vector, (float)truth));
            }
        }

        Contracts.Check(examples.Count > 0, "Training set has 0 instances, aborting training.");
        IHost host = _environment.Register(GetType().Name);
        int outputs = CountOutputs(label.Type, examples);
        LinearModel model = LinearModel.Train(examples, features.Type.GetVectorSize(), outputs, Gradient, _iterations, host.Rand);
        using (IChannel channel = host.Start("Training"))
            channel.Info($"Trained a linear model of {outputs} outputs on {examples.Count} instances.");
        return CreateTransformer(host, model, input.Schema);
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        SchemaShape.Column features = inputSchema.Find(FeatureColumnName, "feature");
        if (features.Kind != SchemaShape.Column.VectorKind.Vector || features.IsKey || features.ItemType != NumberDataViewType.Single)
            throw Contracts.ExceptSchemaMismatch(nameof(inputSchema), "feature", FeatureColumnName, "Vector<Single>", features.GetTypeString());
        SchemaShape.Column label = inputSchema.Find(LabelColumnName, "label");
        if (label.Kind != SchemaShape.Column.VectorKind.Scalar || !AcceptsLabel(label))
            throw Contracts.ExceptSchemaMismatch("labelCol", "label", LabelColumnName, ExpectedLabel, label.GetTypeString());
        return inputSchema.With(OutputColumns(label));
    }

    private protected abstract bool AcceptsLabel(SchemaShape.Column label);

    private protected abstract IEnumerable<SchemaShape.Column> OutputColumns(SchemaShape.Column label);

    private protected abstract int CountOutputs(DataViewType label, IReadOnlyList<LinearExample> examples);

    /// <summary>Turns scores into the derivatives of the loss by them.</summary>
    private protected abstract void Gradient(Span<float> scores, float label);

    private protected abstract TTransformer CreateTransformer(IHostEnvironment env, LinearModel model, DataViewSchema schema);
}

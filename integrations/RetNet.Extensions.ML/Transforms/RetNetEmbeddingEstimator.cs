using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Transforms;

/// <summary>Turns a text column into vectors of the model's width, which any ML.NET trainer takes as features.</summary>
public sealed partial class RetNetEmbeddingEstimator : RetNetTextEstimator<RetNetEmbeddingTransformer>
{
    private readonly Options _options;

    internal RetNetEmbeddingEstimator(IHostEnvironment environment, Options options)
        : base(environment, options) => _options = (Options)options.Copy();

    private protected override SchemaShape.Column OutputColumn(string name) =>
        ColumnShapes.Vector(
            name, NumberDataViewType.Single, ColumnShapes.Vector(ColumnKinds.SlotNames, TextDataViewType.Instance));

    private protected override RetNetEmbeddingTransformer Create(IHost host, HeldModel model) => new(host, model, _options);
}

using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;

namespace RetNet.Extensions.ML.Transforms;

/// <summary>Turns a text column into numbers that say how surprised the model is by each text.</summary>
public sealed partial class RetNetPerplexityEstimator : RetNetTextEstimator<RetNetPerplexityTransformer>
{
    private readonly Options _options;

    internal RetNetPerplexityEstimator(IHostEnvironment environment, Options options)
        : base(environment, options) => _options = (Options)options.Copy();

    private protected override SchemaShape.Column OutputColumn(string name) =>
        ColumnShapes.Scalar(name, NumberDataViewType.Single);

    private protected override RetNetPerplexityTransformer Create(IHost host, HeldModel model) => new(host, model, _options);
}

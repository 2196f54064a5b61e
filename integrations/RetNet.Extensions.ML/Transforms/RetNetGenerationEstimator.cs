using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;

namespace RetNet.Extensions.ML.Transforms;

/// <summary>Turns a text column into texts that the model writes.</summary>
public sealed partial class RetNetGenerationEstimator : RetNetTextEstimator<RetNetGenerationTransformer>
{
    private readonly Options _options;

    internal RetNetGenerationEstimator(IHostEnvironment environment, Options options)
        : base(environment, options)
    {
        _options = (Options)options.Copy();
        _options.StopStrings = [.. options.StopStrings];

        // Drawn once, so that the model writes the same before and after it is saved.
        _options.Seed ??= environment.Register(nameof(RetNetGenerationEstimator)).Rand.Next();
    }

    private protected override SchemaShape.Column OutputColumn(string name) =>
        ColumnShapes.Scalar(name, TextDataViewType.Instance);

    private protected override RetNetGenerationTransformer Create(IHost host, HeldModel model) => new(host, model, _options);
}

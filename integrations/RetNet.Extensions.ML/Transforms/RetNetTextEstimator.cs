using Microsoft.ML;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Transforms;

/// <summary>The base of the estimators of pretrained text models: <c>Fit</c> opens the model and reads no row.</summary>
/// <typeparam name="TTransformer">The result of <c>Fit</c>.</typeparam>
public abstract class RetNetTextEstimator<TTransformer> : IEstimator<TTransformer>
    where TTransformer : RetNetTransformer
{
    private readonly IHost _host;
    private readonly RetNetTextOptions _options;

    private protected RetNetTextEstimator(IHostEnvironment environment, RetNetTextOptions options)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        options.RequireModelPath();
        _host = environment.Register(GetType().Name);
        _options = options.Copy();
    }

    /// <summary>Opens the model.</summary>
    /// <param name="input">Data with the input column; its rows are not read.</param>
    /// <returns>The transformer. Dispose it to release the weights.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or not a text.</exception>
    /// <exception cref="ArgumentException">An option does not fit the model.</exception>
    /// <exception cref="InvalidOperationException">The requested GPU cannot be used.</exception>
    /// <exception cref="OperationCanceledException">The <see cref="MLContext"/> was cancelled.</exception>
    /// <exception cref="Core.Devices.DeviceMemoryException">The model does not fit into the GPU's memory, and the CPU may not replace
    /// it.</exception>
    /// <exception cref="Core.Checkpoints.CheckpointException">The checkpoint is missing, malformed or not supported.</exception>
    /// <exception cref="Core.Tokenizers.TokenizerException">The tokenizer is missing, malformed or not supported.</exception>
    public TTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        input.Schema.FindText("input", _options.InputColumn);
        _host.CheckAlive();
        HeldModel opened = Device.Load(_host, _options.GpuDeviceId, _options.FallbackToCpu, _options.LoadOptions,
            options => HeldModel.Open(_options.ModelPath!, options));
        return opened.HandTo(model =>
        {
            _options.CheckModel(model);
            return Create(_host, model);
        });
    }

    /// <summary>The output schema.</summary>
    /// <param name="inputSchema">The input's shape.</param>
    /// <returns>The input's columns and the one that is added.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or not a text.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        inputSchema.RequireText("input", _options.InputColumn);
        return inputSchema.With(OutputColumn(_options.OutputColumnName));
    }

    private protected abstract SchemaShape.Column OutputColumn(string name);

    /// <summary>Creates the transformer, which owns the model.</summary>
    private protected abstract TTransformer Create(IHost host, HeldModel model);
}

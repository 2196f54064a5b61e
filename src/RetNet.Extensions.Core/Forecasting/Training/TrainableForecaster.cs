using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Layers;

namespace RetNet.Extensions.Core.Forecasting.Training;

/// <summary>A forecaster that can be trained, on the CPU.</summary>
/// <remarks>Not safe for concurrent use.</remarks>
[Experimental("RETNET001")]
public sealed unsafe class TrainableForecaster : IDisposable
{
    private readonly ManagedTrainableModel _decoder;
    private readonly TrainablePatchNetwork _network;
    private float[] _inputs = [];
    private float[] _outputs = [];
    private float[] _hiddenGradient = [];

    private TrainableForecaster(ForecasterConfiguration configuration, ManagedTrainableModel decoder, TrainablePatchNetwork network)
    {
        (Configuration, _decoder, _network) = (configuration, decoder, network);
        Parameters = [.. decoder.Parameters, .. network.Store.Parameters];
    }

    /// <summary>The model's dimensions.</summary>
    public ForecasterConfiguration Configuration { get; }

    /// <summary>The number of trained values.</summary>
    public long ParameterCount => Parameters.Sum(parameter => parameter.Length);

    internal IReadOnlyList<Parameter> Parameters { get; }

    internal WorkerPool Pool => _decoder.Pool!;

    /// <summary>Creates a forecaster with new weights.</summary>
    /// <param name="configuration">Its dimensions.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="threads">Threads to compute with; 0 for one per processor.</param>
    /// <returns>The forecaster.</returns>
    /// <exception cref="ArgumentException">The number of threads is out of range.</exception>
    public static TrainableForecaster Create(ForecasterConfiguration configuration, int seed, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        TrainableModel decoder = configuration.Decoder switch
        {
            RetNetConfiguration c => TrainableModel.Create(c, seed, threads),
            TransformerConfiguration c => TrainableModel.Create(c, seed, threads),
            _ => throw new ArgumentException($"The decoder is {configuration.Decoder.Architecture}; expected a RetNet or a Transformer."),
        };
        return new TrainableForecaster(
            configuration, (ManagedTrainableModel)decoder, new TrainablePatchNetwork(configuration, unchecked(seed + 1)));
    }

    /// <summary>Copies the weights of a forecaster, to train it further.</summary>
    /// <param name="path">A folder with config.json and model.safetensors.</param>
    /// <param name="threads">Threads to compute with; 0 for one per processor.</param>
    /// <returns>The forecaster.</returns>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the model is no forecaster.</exception>
    /// <exception cref="ArgumentException">The number of threads is out of range.</exception>
    public static TrainableForecaster Load(string path, int threads = 0)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path);
        return FromCheckpoint(checkpoint, threads);
    }

    /// <summary>Copies the weights of a forecaster, to train it further.</summary>
    /// <param name="checkpoint">The checkpoint; it may be closed afterwards.</param>
    /// <param name="threads">Threads to compute with; 0 for one per processor.</param>
    /// <returns>The forecaster.</returns>
    /// <exception cref="CheckpointException">The checkpoint is incomplete or no forecaster's.</exception>
    /// <exception cref="ArgumentException">The number of threads is out of range.</exception>
    public static TrainableForecaster FromCheckpoint(Checkpoint checkpoint, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ForecasterConfiguration c = ForecasterConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
        TrainablePatchNetwork network = new(c, 0);
        try
        {
            TensorReader tensors = new(checkpoint.Part(name => name.StartsWith(PatchLayout.Prefix, StringComparison.Ordinal)));
            foreach (Parameter parameter in network.Store.Parameters)
                tensors.Matrix(parameter.Name, parameter.Shape[0], parameter.Shape[1]).CopyTo(parameter.Values);
            tensors.RequireAllRead();
            Checkpoint decoder = checkpoint.Part(name => !name.StartsWith(PatchLayout.Prefix, StringComparison.Ordinal));
            return new TrainableForecaster(c, (ManagedTrainableModel)TrainableModel.Load(decoder, threads), network);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Writes config.json and model.safetensors, the weights in bfloat16 or float32.</summary>
    /// <param name="folder">The folder; it is created if need be.</param>
    /// <param name="halfPrecision">True, the default, for bfloat16: half the size.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Save(string folder, bool halfPrecision = true) => ModelFolder.Write(
        folder, new ModelDocuments { Configuration = Encoding.UTF8.GetBytes(Configuration.ToJson()) }, Tensors, TypeOf(halfPrecision));

    /// <summary>Writes the content of model.safetensors, the weights in bfloat16 or float32; that of config.json is the
    /// <see cref="Configuration"/>'s.</summary>
    /// <param name="stream">Receives it.</param>
    /// <param name="halfPrecision">True, the default, for bfloat16: half the size.</param>
    /// <exception cref="IOException">The stream cannot be written.</exception>
    public void SaveWeights(Stream stream, bool halfPrecision = true)
    {
        ArgumentNullException.ThrowIfNull(stream);
        SafetensorsWriter.Write(stream, Tensors, TypeOf(halfPrecision));
    }

    /// <summary>Releases weights, gradients and threads.</summary>
    public void Dispose()
    {
        _decoder.Dispose();
        _network.Dispose();
    }

    private IEnumerable<TensorSource> Tensors => Parameters.Concat(_decoder.Buffers).Select(parameter => parameter.ToTensor());

    private static TensorType TypeOf(bool halfPrecision) => halfPrecision ? TensorType.BFloat16 : TensorType.Float32;

    internal void ClearGradients()
    {
        _decoder.ClearGradients();
        _network.Store.ClearGradients();
    }

    /// <summary>The loss of a batch; adds its gradients.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="weight">Factor of the gradients.</param>
    /// <param name="cancellationToken">Observed between blocks.</param>
    internal double Step(TokenBatch batch, float weight, CancellationToken cancellationToken) => Compute(batch, weight, cancellationToken);

    /// <summary>The loss of a batch.</summary>
    internal double Loss(TokenBatch batch, CancellationToken cancellationToken) => Compute(batch, null, cancellationToken);

    private double Compute(TokenBatch batch, float? gradientWeight, CancellationToken cancellationToken)
    {
        int rows = batch.Rows;
        int width = Configuration.Width, outputs = Configuration.Outputs, quantiles = Configuration.Quantiles;
        Resize(ref _inputs, rows * width);
        Resize(ref _outputs, rows * outputs);
        Resize(ref _hiddenGradient, rows * width);
        fixed (float* features = batch.Features)
        fixed (float* inputs = _inputs)
        fixed (float* z = _outputs)
        fixed (float* hiddenGradient = _hiddenGradient)
        {
            _network.Embed(Pool, features, rows, inputs);
            TrainingBatch tokens = new(new int[rows], batch.Lengths)
            {
                Inputs = _inputs.AsSpan(0, rows * width),
                CancellationToken = cancellationToken,
            };
            ReadOnlySpan<float> hidden = _decoder.Forward(tokens);
            fixed (float* h = hidden)
            {
                _network.Predict(Pool, h, features, rows, z);
                double loss = 0;
                for (int row = 0; row < rows; row++)
                {
                    Span<float> predicted = _outputs.AsSpan(row * outputs, outputs);
                    NaiveMixture.Add(predicted, batch.NaiveOf(row), quantiles);
                    loss += QuantileLoss.Row(predicted[..quantiles], batch.TargetsOf(row), batch.Weights[row]);
                    NaiveMixture.Backward(predicted, batch.NaiveOf(row), quantiles);
                }

                if (gradientWeight is not { } weight)
                    return loss;
                Span<float> gradient = _outputs.AsSpan(0, rows * outputs);
                TensorPrimitives.Multiply(gradient, weight, gradient);
                _network.PredictBackward(Pool, h, features, rows, z, hiddenGradient);
                _decoder.Backward(_hiddenGradient.AsSpan(0, rows * width));
                fixed (float* inputGradient = _decoder.InputGradient)
                    _network.EmbedBackward(Pool, features, rows, inputGradient);
                return loss;
            }
        }
    }

    private static void Resize(ref float[] values, int length)
    {
        if (values.Length < length)
            values = new float[length];
    }
}

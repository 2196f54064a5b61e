using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Forecasting;

/// <summary>What stands before and behind the decoder of a forecaster: <c>x = W_down ( silu(W_gate f) ⊙ W_up f )</c> for a token's values
/// f, and for what the decoder makes of them, h, the quantiles <c>z + Σ softmax(a)_k n_k</c> with <c>(z, a) = W_out h + W_skip f</c> and
/// naive forecasts n_k.</summary>
internal sealed unsafe class PatchNetwork : IDisposable
{
    private readonly ForecasterConfiguration _c;
    private readonly WeightMatrix _gate;
    private readonly WeightMatrix _up;
    private readonly WeightMatrix _down;
    private readonly WeightMatrix _output;
    private readonly WeightMatrix _skip;
    private readonly List<WeightMatrix> _loaded = [];

    /// <summary>Copies the weights of a checkpoint.</summary>
    /// <exception cref="CheckpointException">A tensor is missing, of another shape or type, or not part of a forecaster.</exception>
    public PatchNetwork(ForecasterConfiguration configuration, Checkpoint checkpoint)
    {
        _c = configuration;
        PatchLayout layout = new(configuration);
        TensorReader tensors = new(checkpoint);
        using IncrementalHash sample = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        WeightMatrix Load(Models.Decoder.WeightDeclaration weight)
        {
            TensorView tensor = tensors.Matrix(weight.Name, weight.Shape[0], weight.Shape[1]);
            WeightMatrix matrix = WeightMatrix.Create(tensor.Stored, WeightFormat.Auto);
            _loaded.Add(matrix);
            float[] row = new float[weight.Shape[1]];
            tensor.Rows(weight.Shape[0] / 2, 1).CopyTo(row);
            sample.AppendData(MemoryMarshal.AsBytes(row.AsSpan()));
            return matrix;
        }

        try
        {
            (_gate, _up, _down) = (Load(layout.Gate), Load(layout.Up), Load(layout.Down));
            (_output, _skip) = (Load(layout.Output), Load(layout.Skip));
            tensors.RequireAllRead();
        }
        catch
        {
            Dispose();
            throw;
        }

        Fingerprint = Convert.ToHexStringLower(sample.GetHashAndReset());
    }

    /// <summary>Names the weights by a sample of them.</summary>
    public string Fingerprint { get; }

    public long Parameters => _loaded.Sum(matrix => (long)matrix.Rows * matrix.Columns);

    /// <summary>The tokens' inputs to the decoder.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="features"><c>[rows × F]</c>.</param>
    /// <param name="rows">The number of tokens.</param>
    /// <param name="scratch"><c>[rows × 2e]</c>.</param>
    /// <param name="inputs"><c>[rows × d]</c>.</param>
    public void Embed(WorkerPool pool, float* features, int rows, float* scratch, float* inputs)
    {
        float* up = scratch + ((long)rows * _gate.Rows);
        Linear.Apply(pool, features, rows, [new(_gate, null, scratch), new(_up, null, up)]);
        Activations.Gate(pool, &Activations.SiluGate, scratch, up, rows, _gate.Rows);
        Linear.Apply(pool, _down, null, scratch, rows, inputs);
    }

    /// <summary>The quantiles on each token's scale.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="hidden">The decoder's output h, <c>[rows × d]</c>.</param>
    /// <param name="features">The tokens' values f, <c>[rows × F]</c>.</param>
    /// <param name="naive">The naive forecasts, <c>[rows × K × L]</c>.</param>
    /// <param name="rows">The number of tokens.</param>
    /// <param name="outputs"><c>[rows × (L·Q + K)]</c>, each row with the quantiles, not sorted, in front.</param>
    public void Predict(WorkerPool pool, float* hidden, float* features, float* naive, int rows, float* outputs)
    {
        Linear.Apply(pool, _output, null, hidden, rows, outputs);
        Linear.Apply(pool, _skip, null, features, rows, outputs, add: true);
        int values = _c.Outputs, steps = _c.Shape.NaiveSteps;
        for (int row = 0; row < rows; row++)
        {
            NaiveMixture.Add(new Span<float>(outputs + ((long)row * values), values),
                new ReadOnlySpan<float>(naive + ((long)row * steps), steps), _c.Quantiles);
        }
    }

    public void Dispose()
    {
        foreach (WeightMatrix matrix in _loaded)
            matrix.Dispose();
    }
}

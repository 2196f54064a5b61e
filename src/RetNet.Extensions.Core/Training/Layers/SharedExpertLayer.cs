using System.Numerics.Tensors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The expert that every token passes, <c>g S(n)</c> with g = 1 or σ(w_g · n). Model width d.</summary>
/// <param name="network">S.</param>
/// <param name="gate">w_g, <c>[1 × d]</c>; null for g = 1.</param>
/// <param name="width">d.</param>
internal sealed unsafe class SharedExpertLayer(GatedNetworkLayer network, LinearLayer? gate, int width) : IDisposable
{
    private readonly ScratchRows _kept = new([width, width, 1, 1]);

    /// <summary>g S(n), of which the backward pass needs S(n), <c>[rows × d]</c>.</summary>
    private float* Output => _kept[0];

    /// <summary>The gradient of n, <c>[rows × d]</c>.</summary>
    private float* Gradient => _kept[1];

    /// <summary>g, <c>[rows]</c>.</summary>
    private float* Gates => _kept[2];

    /// <summary>The gradient of w_g · n, <c>[rows]</c>.</summary>
    private float* DScores => _kept[3];

    /// <summary>Computes S(n) and g, before n is overwritten.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="n"><c>[rows × d]</c>.</param>
    public void Forward(TrainingPass pass, float* n)
    {
        _kept.Reserve(pass.Rows);
        network.Forward(pass, n, Output, add: false);
        Span<float> gates = new(Gates, pass.Rows);
        if (gate is null)
        {
            gates.Fill(1);
            return;
        }

        gate.Forward(pass.Pool, n, Gates, pass.Rows);
        TensorPrimitives.Sigmoid<float>(gates, gates);
    }

    /// <summary>y += g S(n).</summary>
    /// <param name="token">The token.</param>
    /// <param name="y"><c>[d]</c>.</param>
    public void Add(long token, Span<float> y) =>
        TensorPrimitives.MultiplyAdd(new ReadOnlySpan<float>(Output + (token * width), width), Gates[token], y, y);

    /// <summary>Computes the gradient of n, and adds to those of the weights.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="n">As in the forward pass.</param>
    /// <param name="dy"><c>[rows × d]</c>.</param>
    public void Backward(TrainingPass pass, float* n, float* dy)
    {
        pass.ForRows(2L * width, (from, to) =>
        {
            for (long token = from; token < to; token++)
            {
                ReadOnlySpan<float> dRow = new(dy + (token * width), width), output = new(Output + (token * width), width);
                float g = Gates[token];
                DScores[token] = g * (1 - g) * TensorPrimitives.Dot(dRow, output);
                TensorPrimitives.Multiply(dRow, g, new(Gradient + (token * width), width));
            }
        });
        network.Backward(pass, n, Gradient, Gradient);
        if (gate is null)
            return;
        gate.Backward(pass.Pool, n, DScores, Output, pass.Rows);
        pass.ForRows(width, (from, to) =>
        {
            for (long token = from; token < to; token++)
                AddTo(new(Gradient + (token * width), width), Output, token);
        });
    }

    /// <summary>Adds the gradient of n.</summary>
    /// <param name="token">The token.</param>
    /// <param name="dn"><c>[d]</c>.</param>
    public void AddGradient(long token, Span<float> dn) => AddTo(dn, Gradient, token);

    public void Dispose()
    {
        network.Dispose();
        _kept.Dispose();
    }

    private void AddTo(Span<float> sum, float* rows, long token) =>
        TensorPrimitives.Add(sum, new ReadOnlySpan<float>(rows + (token * width), width), sum);
}

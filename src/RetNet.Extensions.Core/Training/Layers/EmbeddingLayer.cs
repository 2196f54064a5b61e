using System.Numerics.Tensors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The embedding, <c>x = E[token] · scale</c>, with an RMS norm behind it where the checkpoint has one.</summary>
/// <param name="table">E, <c>[vocabulary × d]</c>.</param>
/// <param name="width">d.</param>
/// <param name="scale">1 or √d.</param>
/// <param name="norm">torchscale's layernorm_embedding, or null.</param>
internal sealed unsafe class EmbeddingLayer(Parameter table, int width, float scale, NormLayer? norm) : IDisposable
{
    private readonly ScratchRows _scaled = new([width]);

    public void Forward(TrainingPass pass, int[] tokens, float* x)
    {
        if (norm is null)
        {
            LookUp(pass, tokens, x);
            return;
        }

        _scaled.Reserve(tokens.Length);
        LookUp(pass, tokens, _scaled[0]);
        norm.Forward(pass, _scaled[0], x);
    }

    /// <summary>Adds to the table's gradient.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="tokens">As in the forward pass.</param>
    /// <param name="gradient">Gradient of x, <c>[rows × d]</c>; it is overwritten.</param>
    public void Backward(TrainingPass pass, int[] tokens, float* gradient)
    {
        norm?.Backward(pass.Pool, _scaled[0], gradient, gradient, tokens.Length, add: false);
        float* dTable = table.GradientPointer;
        for (int row = 0; row < tokens.Length; row++)
        {
            Span<float> target = new(dTable + ((long)tokens[row] * width), width);
            TensorPrimitives.MultiplyAdd(new ReadOnlySpan<float>(gradient + ((long)row * width), width), scale, target, target);
        }
    }

    public void Dispose()
    {
        norm?.Dispose();
        _scaled.Dispose();
    }

    private void LookUp(TrainingPass pass, int[] tokens, float* x)
    {
        float* e = table.ValuePointer;
        pass.ForRows(width, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                TensorPrimitives.Multiply(new ReadOnlySpan<float>(e + ((long)tokens[row] * width), width), scale,
                    new Span<float>(x + ((long)row * width), width));
            }
        });
    }
}

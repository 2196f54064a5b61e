using System.Numerics.Tensors;

namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>The softmax of scores of any size.</summary>
internal static class Softmax
{
    /// <summary><c>x_i = e^(x_i − m) / Σ_j e^(x_j − m)</c>, m being the largest x; without m, e^x overflows above 88.</summary>
    public static void InPlace(Span<float> x)
    {
        float sum = ExponentialRow.Apply(x, TensorPrimitives.Max<float>(x));
        RowScaling.Divide(x, sum);
    }
}

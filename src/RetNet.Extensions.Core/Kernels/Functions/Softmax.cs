using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Kernels.Functions;

/// <summary>The softmax of scores of any size.</summary>
internal static class Softmax
{
    /// <summary><c>x_i = e^(x_i − m) / Σ_j e^(x_j − m)</c>, m being the largest x; without m, e^x overflows above 88.</summary>
    public static void InPlace(Span<float> x)
    {
        TensorPrimitives.Subtract(x, TensorPrimitives.Max<float>(x), x);
        TensorPrimitives.Exp<float>(x, x);
        TensorPrimitives.Divide(x, VectorSum.Sum(x), x);
    }
}

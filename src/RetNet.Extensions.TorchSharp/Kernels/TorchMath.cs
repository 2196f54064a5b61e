
namespace RetNet.Extensions.TorchSharp.Kernels;

/// <summary>The primitives of both families on libtorch. Shapes and types are checked here: some native functions end the process instead
/// of throwing.</summary>
internal static class TorchMath
{
    /// <summary>x Wᵀ + b.</summary>
    /// <param name="x"><c>[… × in]</c>.</param>
    /// <param name="weight"><c>[out × in]</c>, of the same type as <paramref name="x"/>.</param>
    /// <param name="bias"><c>[out]</c>; null for none.</param>
    /// <returns><c>[… × out]</c>.</returns>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias = null)
    {
        if (x.size(-1) != weight.size(1) || x.dtype != weight.dtype)
            throw new ArgumentException($"A linear layer of {weight.size(1)} inputs in {weight.dtype} gets {x.size(-1)} in {x.dtype}.");
        return torch.nn.functional.linear(x, weight, bias);
    }

    /// <summary>x / √(mean(x²) + ε) · weight over the last dimension, in float32.</summary>
    /// <param name="x"><c>[… × n]</c>.</param>
    /// <param name="weight"><c>[n]</c>, float32; null for none.</param>
    /// <param name="epsilon">ε.</param>
    /// <returns>As <paramref name="x"/>, float32.</returns>
    public static Tensor RmsNorm(Tensor x, Tensor? weight, float epsilon)
    {
        Tensor wide = x.to(torch.float32);
        Tensor normalised = wide * torch.rsqrt(wide.square().mean([-1], keepdim: true) + epsilon);
        return weight is null ? normalised : normalised * weight;
    }

    /// <summary>Rotates the pairs (i, i + pairs) of every head: the layout of Llama and fla.</summary>
    /// <param name="x"><c>[rows × heads × 2·pairs]</c>.</param>
    /// <param name="cosines"><c>[rows × 1 × pairs]</c>, of the same type.</param>
    /// <param name="sines"><c>[rows × 1 × pairs]</c>, of the same type.</param>
    /// <returns>As <paramref name="x"/>.</returns>
    public static Tensor RotateHalves(Tensor x, Tensor cosines, Tensor sines)
    {
        long pairs = x.size(-1) / 2;
        Tensor a = x.narrow(-1, 0, pairs), b = x.narrow(-1, pairs, pairs);
        return torch.cat([(a * cosines) - (b * sines), (b * cosines) + (a * sines)], -1);
    }

    /// <summary>Rotates the pairs (2i, 2i + 1) of every head: the layout of torchscale.</summary>
    /// <inheritdoc cref="RotateHalves"/>
    public static Tensor RotateInterleaved(Tensor x, Tensor cosines, Tensor sines)
    {
        long pairs = x.size(-1) / 2;
        Tensor split = x.reshape(x.size(0), x.size(1), pairs, 2);
        Tensor a = split.select(-1, 0), b = split.select(-1, 1);
        return torch.stack([(a * cosines) - (b * sines), (b * cosines) + (a * sines)], -1).reshape(x.shape);
    }

    /// <summary>silu(gate) ⊙ up.</summary>
    /// <param name="gate">The activated branch.</param>
    /// <param name="up">The linear branch, of the same shape.</param>
    /// <returns>As <paramref name="gate"/>.</returns>
    public static Tensor SiluGate(Tensor gate, Tensor up) => torch.nn.functional.silu(gate) * up;
}

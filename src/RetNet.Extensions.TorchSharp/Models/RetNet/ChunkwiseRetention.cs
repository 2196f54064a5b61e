using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.TorchSharp.Kernels;

namespace RetNet.Extensions.TorchSharp.Models.RetNet;

/// <summary>Retention of several tokens at once, all chunks side by side (RetNet, section 2.1–2.3): matrix products only, so that autograd
/// can follow them.</summary>
/// <remarks>
/// With i, j inside a chunk and U the state before it, o_i = γ^(i+1) q_i U + Σ_{j≤i} γ^(i−j) (q_i·k_j) v_j, and U ← γ^C U + Σ_j γ^(C−1−j)
/// k_jᵀ v_j. The states before all chunks follow from those sums by one product with the powers of γ^C. The parallel form is a single
/// chunk.
/// </remarks>
internal static class ChunkwiseRetention
{
    /// <summary>Retains n chunks of C tokens of B sequences.</summary>
    /// <param name="query">Scaled and rotated, <c>[B × H × n·C × dk]</c>.</param>
    /// <param name="key">Scaled and rotated, <c>[B × H × n·C × dk]</c>.</param>
    /// <param name="value"><c>[B × H × n·C × dv]</c>.</param>
    /// <param name="state">U before the first token, <c>[B × H × dk × dv]</c>, float32; null for an empty one.</param>
    /// <param name="decays">The powers of γ for n and C.</param>
    /// <param name="scaling">The divisor of the rows; see <see cref="RetentionScaling"/>.</param>
    /// <param name="recurrentSums">√s of each token, <c>[H × n·C]</c>, for <see cref="RetentionScaling.Recurrent"/>.</param>
    /// <param name="chunkSum">s of a whole chunk of each head, <c>[H × 1 × 1]</c>, for
    /// <see cref="RetentionScaling.TorchScaleChunkwise"/>.</param>
    /// <returns>The retained tokens, <c>[B × H × n·C × dv]</c>, and U after the last, <c>[B × H × dk × dv]</c>; both float32.</returns>
    public static (Tensor Output, Tensor State) Compute(
        Tensor query, Tensor key, Tensor value, Tensor? state, ChunkDecays decays, RetentionScaling scaling, Tensor? recurrentSums = null,
        Tensor? chunkSum = null)
    {
        (long batch, long heads, long dk, long dv) = (query.size(0), query.size(1), query.size(3), value.size(3));
        (long n, long length) = (decays.Chunks, decays.Length);
        if (query.size(2) != n * length || key.size(2) != n * length || value.size(2) != n * length)
        {
            throw new ArgumentException($"{n} chunks of {length} tokens are expected; there are {query.size(2)} queries, {key.size(2)} "
                + $"keys and {value.size(2)} values.");
        }

        torch.ScalarType type = query.dtype;
        Tensor q = query.reshape(
            batch, heads, n, length, dk), k = key.reshape(batch, heads, n, length, dk), v = value.reshape(batch, heads, n, length, dv);

        // KV of each chunk, and the states before all of them and after the last, [B × H × n+1 × dk·dv]: float32, since sums of long texts
        // need it.
        Tensor sums = Product((k * decays.UntilEnd).to(torch.float32).transpose(-1, -2), v.to(torch.float32))
            .reshape(batch * heads, n, dk * dv);
        Tensor states = TorchMath.Product(decays.FromChunks.repeat(batch, 1, 1), sums);
        if (state is not null)
            states = states + (decays.FromState.repeat(batch, 1, 1) * state.reshape(batch * heads, 1, dk * dv));
        Tensor before = states.narrow(1, 0, n).reshape(batch, heads, n, dk, dv);
        Tensor after = states.select(1, n).reshape(batch, heads, dk, dv);

        Tensor scores = Product(q, k.transpose(-1, -2)).to(torch.float32) * decays.Inside;
        Tensor output = Product(scores.to(type), v).to(torch.float32);
        if (state is not null || n > 1)
            output = output + Product((q * decays.SinceStart).to(torch.float32), before);
        if (Divisor(scaling, scores, before, decays, recurrentSums, chunkSum) is { } divisor)
            output = output / divisor;
        return (output.reshape(batch, heads, n * length, dv), after);
    }

    /// <summary>The divisor of the rows, <c>[… H × n × C × 1]</c>; null for none.</summary>
    private static Tensor? Divisor(
        RetentionScaling scaling, Tensor scores, Tensor before, ChunkDecays decays, Tensor? recurrentSums, Tensor? chunkSum)
    {
        if (scaling == RetentionScaling.None)
            return null;
        if (scaling == RetentionScaling.Recurrent)
            return recurrentSums!.reshape(recurrentSums.size(0), decays.Chunks, decays.Length, 1);

        // Both other forms normalise the decays of the chunk's own rows, and then by the sum of a row's magnitudes, through which no
        // gradient flows.
        Tensor magnitudes = scores.detach().abs().sum(-1, keepdim: true) / decays.InsideSums;
        if (scaling == RetentionScaling.TorchScaleParallel)
            return decays.InsideSums * magnitudes.clamp(1, 5e4);
        Tensor stateScale = (before.detach().abs().sum(-2).amax([-1], keepdim: true) / chunkSum!).clamp(min: 1).unsqueeze(-1);
        return decays.InsideSums * torch.maximum(magnitudes, stateScale);
    }

    /// <summary>A product of the last two dimensions, the others being a batch.</summary>
    private static Tensor Product(Tensor a, Tensor b)
    {
        (long batch, long heads, long n) = (a.size(0), a.size(1), a.size(2));
        Tensor product = TorchMath.Product(a.reshape(-1, a.size(3), a.size(4)), b.reshape(-1, b.size(3), b.size(4)));
        return product.reshape(batch, heads, n, product.size(1), product.size(2));
    }
}

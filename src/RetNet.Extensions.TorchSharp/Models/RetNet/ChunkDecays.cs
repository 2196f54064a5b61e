using RetNet.Extensions.TorchSharp.Native;

namespace RetNet.Extensions.TorchSharp.Models.RetNet;

/// <summary>The powers of γ that retention over n chunks of C tokens needs, for every head. Its tensors belong to the scope that it is
/// created in.</summary>
internal sealed class ChunkDecays
{
    /// <param name="logDecay">ln γ of each head.</param>
    /// <param name="chunks">n.</param>
    /// <param name="length">C.</param>
    /// <param name="device">The device.</param>
    public ChunkDecays(float[] logDecay, int chunks, int length, torch.Device device)
    {
        (Chunks, Length) = (chunks, length);
        Tensor log = Logarithms(logDecay, device);
        Tensor token = Numbers(length, device), chunk = Numbers(chunks, device), border = Numbers(chunks + 1, device);
        Inside = Differences(Powers(log, token).squeeze(1), length).unsqueeze(1);
        SinceStart = Powers(log, (token + 1).unsqueeze(1)).unsqueeze(1);
        UntilEnd = Powers(log, (length - 1 - token).unsqueeze(1)).unsqueeze(1);

        // U before chunk i is γ^(C·i) U₀ + Σ_{j<i} γ^(C·(i−1−j)) KV_j; the last row is U after them all.
        FromState = Powers(log, (border * length).unsqueeze(1));
        FromChunks = Powers(log, (border.unsqueeze(1) - 1 - chunk) * length);
        InsideSums = Sums(log, token.unsqueeze(1)).sqrt().to(torch.float32).unsqueeze(1);
    }

    /// <summary>n.</summary>
    public int Chunks { get; }

    /// <summary>C.</summary>
    public int Length { get; }

    /// <summary>γ^(i−j) where j ≤ i, 0 elsewhere, <c>[H × 1 × C × C]</c>.</summary>
    public Tensor Inside { get; }

    /// <summary>γ^(i+1), <c>[H × 1 × C × 1]</c>.</summary>
    public Tensor SinceStart { get; }

    /// <summary>γ^(C−1−i), <c>[H × 1 × C × 1]</c>.</summary>
    public Tensor UntilEnd { get; }

    /// <summary>γ^(C·i), <c>[H × n+1 × 1]</c>.</summary>
    public Tensor FromState { get; }

    /// <summary>γ^(C·(i−1−j)) where j &lt; i, 0 elsewhere, <c>[H × n+1 × n]</c>.</summary>
    public Tensor FromChunks { get; }

    /// <summary>√Σ_{j≤i} γ^j, <c>[H × 1 × C × 1]</c>.</summary>
    public Tensor InsideSums { get; }

    /// <summary>√s of each head and position, by which torchscale's recurrent form divides, <c>[H × positions]</c>, float32.</summary>
    public static Tensor RecurrentSums(float[] logDecay, IReadOnlyList<long> positions, torch.Device device)
    {
        Tensor at = torch.tensor(positions.ToArray(), torch.int64, device).to(TorchDevices.PreciseType(device));
        return Sums(Logarithms(logDecay, device).squeeze(2), at).sqrt().to(torch.float32);
    }

    /// <summary>s of a whole chunk of each head, <c>[H × 1 × 1]</c>, float32.</summary>
    public static Tensor ChunkSum(float[] logDecay, int length, torch.Device device) =>
        Sums(Logarithms(logDecay, device), Numbers(length, device).narrow(0, length - 1, 1)).to(torch.float32);

    private static Tensor Logarithms(float[] logDecay, torch.Device device) =>
        torch.tensor(logDecay, torch.float32).to(TorchDevices.PreciseType(device)).to(device).reshape(-1, 1, 1);

    private static Tensor Numbers(int count, torch.Device device) =>
        torch.arange(count, dtype: TorchDevices.PreciseType(device), device: device);

    /// <summary>γ^exponent in float32; 0 where the exponent is negative.</summary>
    private static Tensor Powers(Tensor log, Tensor exponent) =>
        (torch.exp(log * exponent.clamp(min: 0)) * (exponent >= 0)).to(torch.float32);

    /// <summary>γ^(i−j) where j ≤ i, 0 elsewhere: looked up, because a long parallel form needs many of them.</summary>
    /// <param name="powers">γ^i, <c>[H × C]</c>.</param>
    /// <param name="length">C.</param>
    private static Tensor Differences(Tensor powers, int length)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor token = torch.arange(length, dtype: torch.int64, device: powers.device);
        Tensor difference = token.unsqueeze(1) - token;
        Tensor inside = powers.index_select(1, difference.clamp(min: 0).reshape(-1)).reshape(-1, length, length);
        return inside.mul_(difference >= 0).MoveToOuterDisposeScope();
    }

    /// <summary>Σ_{j≤n} γ^j = (γ^(n+1) − 1) / (γ − 1), and n + 1 for γ = 1.</summary>
    private static Tensor Sums(Tensor log, Tensor n) => torch.where(log == 0, n + 1, ((n + 1) * log).expm1() / log.expm1());
}

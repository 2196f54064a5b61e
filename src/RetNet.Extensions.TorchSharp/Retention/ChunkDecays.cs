using RetNet.Extensions.Core.Retention;

namespace RetNet.Extensions.TorchSharp.Retention;

/// <summary>The powers of γ that retention over n chunks of C tokens needs, for every head. Its tensors belong to the scope that it is created in.</summary>
internal sealed class ChunkDecays
{
    /// <param name="logDecay">ln γ of each head.</param>
    /// <param name="chunks">n.</param>
    /// <param name="length">C.</param>
    /// <param name="device">The device.</param>
    public ChunkDecays(float[] logDecay, int chunks, int length, torch.Device device)
    {
        (Chunks, Length) = (chunks, length);
        Inside = Powers(logDecay, length, length, (i, j) => i - j, device).unsqueeze(1);
        SinceStart = Powers(logDecay, length, 1, (i, _) => i + 1, device).unsqueeze(1);
        UntilEnd = Powers(logDecay, length, 1, (i, _) => length - 1 - i, device).unsqueeze(1);

        // U before chunk i is γ^(C·i) U₀ + Σ_{j<i} γ^(C·(i−1−j)) KV_j; the last row is U after them all.
        FromState = Powers(logDecay, chunks + 1, 1, (i, _) => (long)length * i, device);
        FromChunks = Powers(logDecay, chunks + 1, chunks, (i, j) => (long)length * (i - 1 - j), device);
        InsideSums = Host(logDecay, length, 1, (log, i, _) => Math.Sqrt(RetentionDecay.Sum(log, i)), device).unsqueeze(1);
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

    /// <summary>√s of each head and position, by which torchscale's recurrent form divides, <c>[H × positions]</c>.</summary>
    public static Tensor RecurrentSums(float[] logDecay, IReadOnlyList<long> positions, torch.Device device) =>
        Host(logDecay, 1, positions.Count, (log, _, j) => Math.Sqrt(RetentionDecay.Sum(log, positions[j])), device).squeeze(1);

    private static Tensor Powers(float[] logDecay, int rows, int columns, Func<int, int, long> exponent, torch.Device device) =>
        Host(logDecay, rows, columns, (log, i, j) => exponent(i, j) is >= 0 and var power ? Math.Exp(power * (double)log) : 0, device);

    /// <summary>Values that are computed in double precision on the host, <c>[H × rows × columns]</c>, float32.</summary>
    private static Tensor Host(float[] logDecay, int rows, int columns, Func<float, int, int, double> value, torch.Device device)
    {
        float[] values = new float[(long)logDecay.Length * rows * columns];
        long at = 0;
        foreach (float log in logDecay)
        {
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < columns; j++)
                    values[at++] = (float)value(log, i, j);
            }
        }

        return torch.tensor(values, [logDecay.Length, rows, columns], torch.float32, device);
    }
}

using System.Diagnostics;
using RetNet.Extensions.Benchmarks.Machine;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Benchmarks.Loading;

/// <summary>How fast stored weights that lie in memory are packed into memory that is there, on several threads.</summary>
internal static unsafe class PackingSpeed
{
    private const int Rows = 1 << 14, Columns = 1 << 12;
    private const int Passes = 7;

    /// <summary>Packs a matrix that no cache holds several times.</summary>
    /// <param name="type">How it is stored; it is packed in the format nearest to that.</param>
    /// <param name="threads">The number of threads.</param>
    /// <returns>Bytes that are read and written per second, in the median pass.</returns>
    public static double Measure(TensorType type, int threads)
    {
        byte[] stored = GC.AllocateUninitializedArray<byte>(checked((int)(Rows * StoredMatrix.Bytes(type, Columns))), pinned: true);
        new Random(1).NextBytes(stored);
        StoredMatrix source = new(type, (offset, target) => stored.AsSpan((int)offset, target.Length).CopyTo(target), Rows, Columns);
        using WeightMatrix matrix = WeightMatrix.Create(source, WeightFormat.Auto, threads);
        PackedWeights packed = matrix.Packed;
        double[] seconds = new double[Passes];
        fixed (byte* first = stored)
        {
            byte* rows = first;
            for (int pass = 0; pass < Passes; pass++)
            {
                long start = Stopwatch.GetTimestamp();
                ParallelLoop.For(packed.Panels, threads, panel => WeightPacking.Pack(packed, panel, type,
                    rows + (panel * WeightPanel.Rows * source.RowBytes), source.RowBytes, WeightPanel.Rows));
                seconds[pass] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }

        return (stored.Length + matrix.ByteSize) / seconds.Median();
    }
}

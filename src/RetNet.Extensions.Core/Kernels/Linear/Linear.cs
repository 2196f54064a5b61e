using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Kernels.Linear;

/// <summary>Linear layers: <c>y = x Wᵀ (+ b)</c> for any number of input rows.</summary>
/// <remarks>
/// Work is split over panels of 64 outputs. One input row reads every weight once, at the speed of memory. Several rows are taken six at a
/// time against blocks of 128 columns of a panel, which are widened once and stay in the first caches meanwhile. Either way an output is
/// summed in the same order, so a row gets the same bits alone and in any batch, with any number of threads and any vector width: float
/// formats as chains of fused multiply-adds over 128 columns, which are added up; integer formats as exact sums over groups of 32
/// columns, which are scaled and added up.
/// </remarks>
internal static unsafe class Linear
{
    /// <summary>Computes a linear layer.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="weights">W, <c>[outputs × inputs]</c>.</param>
    /// <param name="bias"><c>[outputs]</c>, or null.</param>
    /// <param name="x"><c>[count × inputs]</c>.</param>
    /// <param name="count">The number of input rows.</param>
    /// <param name="y"><c>[count × outputs]</c>.</param>
    /// <param name="add">True to add to y, as a residual connection does.</param>
    /// <param name="wanted">A bit for each output, <c>[⌈outputs / 64⌉]</c>: the others may be left as they were. Null: all.</param>
    public static void Apply(WorkerPool pool, WeightMatrix weights, float* bias, float* x, int count, float* y, bool add = false,
        ulong* wanted = null) =>
        Apply(pool, x, count, [new LinearPart(weights, bias, y, add, wanted)]);

    /// <summary>Computes several linear layers of the same input in one parallel region.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="x"><c>[count × inputs]</c>.</param>
    /// <param name="count">The number of input rows.</param>
    /// <param name="parts">The layers, all with as many inputs.</param>
    public static void Apply(WorkerPool pool, float* x, int count, ReadOnlySpan<LinearPart> parts)
    {
        fixed (LinearPart* first = parts)
        {
            int panels = 0;
            bool rounds = false;
            foreach (ref readonly LinearPart part in parts)
            {
                panels += part.Weights.Panels;
                rounds |= part.Weights.IsInteger;
            }

            LinearInputs inputs = Prepare(pool, x, count, first->Weights.Columns, rounds);
            long cost = (long)panels * WeightPanel.Rows * inputs.Columns * count;
            if (VectorWidth.Is512)
                pool.For(panels, cost, new LinearJob<FloatVector512, PairVector512>(first, inputs));
            else if (VectorWidth.Is256)
                pool.For(panels, cost, new LinearJob<FloatVector256, PairVector256>(first, inputs));
            else
                pool.For(panels, cost, new LinearJob<FloatVector128, PairVector128>(first, inputs));
        }
    }

    /// <summary>Computes linear layers that have a group of the input rows each, in one parallel region: only their weights are read,
    /// once for all rows of a group.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="x"><c>[count × inputs]</c>, and behind it memory for <see cref="LinearInputs.TileRows"/> rows of numbers.</param>
    /// <param name="count">The number of input rows.</param>
    /// <param name="parts">The layers, all with as many inputs.</param>
    public static void ApplyGroups(WorkerPool pool, float* x, int count, ReadOnlySpan<LinearPart> parts)
    {
        if (parts.IsEmpty)
            return;
        int panels = 0, columns = parts[0].Weights.Columns;
        long cost = 0;
        bool rounds = false;
        foreach (ref readonly LinearPart part in parts)
        {
            panels += part.Weights.Panels;
            cost += (long)part.Weights.Panels * WeightPanel.Rows * columns * part.Rows;
            rounds |= part.Weights.IsInteger;
        }

        int padded = count + LinearInputs.TileRows;
        float* memory = ThreadScratch.GetShared(rounds ? RoundedRows.Length(columns, padded) : 0);
        RoundedRows rounded = rounds ? Round(pool, x, count, columns, memory, padded) : default;
        LinearInputs inputs = new() { X = x, LastTile = null, Rounded = rounded, Count = count, Columns = columns };
        fixed (LinearPart* first = parts)
        {
            if (VectorWidth.Is512)
                pool.For(panels, cost, new GroupedLinearJob<FloatVector512, PairVector512>(first, inputs));
            else if (VectorWidth.Is256)
                pool.For(panels, cost, new GroupedLinearJob<FloatVector256, PairVector256>(first, inputs));
            else
                pool.For(panels, cost, new GroupedLinearJob<FloatVector128, PairVector128>(first, inputs));
        }
    }

    /// <summary>Lays out the input rows in memory that all threads read.</summary>
    internal static LinearInputs Prepare(WorkerPool pool, float* x, int count, int columns, bool rounds)
    {
        int tileRows = LinearInputs.TileRows;
        int padded = count == 1 ? 1 : (count + tileRows - 1) / tileRows * tileRows;
        long last = padded == count ? 0 : (long)tileRows * columns;
        float* memory = ThreadScratch.GetShared(last + (rounds ? RoundedRows.Length(columns, padded) : 0));
        int whole = count / tileRows * tileRows;
        if (last > 0)
        {
            long values = (long)(count - whole) * columns;
            Buffer.MemoryCopy(x + ((long)whole * columns), memory, values * sizeof(float), values * sizeof(float));
            new Span<float>(memory + values, (int)(last - values)).Clear();
        }

        RoundedRows rounded = rounds ? Round(pool, x, count, columns, memory + last, padded) : default;
        return new LinearInputs { X = x, LastTile = memory, Rounded = rounded, Count = count, Columns = columns };
    }

    /// <summary>Rounds input rows; those behind them are zero.</summary>
    private static RoundedRows Round(WorkerPool pool, float* x, int count, int columns, float* memory, int padded)
    {
        RoundedRows rounded = new(columns, memory, padded);
        pool.For(count, 4L * count * columns, new RoundingJob { X = x, Columns = columns, Rows = rounded });
        for (int row = count; row < padded; row++)
            rounded.Clear(row);
        return rounded;
    }

    /// <summary>Rounds input rows; an index is a row.</summary>
    private readonly struct RoundingJob : IRangeJob
    {
        public required float* X { get; init; }

        public required int Columns { get; init; }

        public required RoundedRows Rows { get; init; }

        public void Run(int from, int to)
        {
            for (int row = from; row < to; row++)
                Rows.Set(row, new ReadOnlySpan<float>(X + ((long)row * Columns), Columns));
        }
    }
}

using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>Computes what the adapters of a wave's sequences add, in scratch memory of one forward.</summary>
/// <remarks>The rows of an adapter are gathered, so that each product is computed once, whatever the number of sequences.</remarks>
internal sealed unsafe class AdapterWorkspace(HeldAdapters adapters) : IDisposable
{
    private readonly ScratchRows _rows = new(adapters.Widths);

    public long ByteSize => _rows.ByteSize;

    /// <summary>Makes room for the rows of a wave.</summary>
    public void Reserve(int rows) => _rows.Reserve(rows);

    /// <summary>Adds to linear layers that were computed.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="schedule">The wave.</param>
    /// <param name="x">The layers' input, <c>[rows × inputs]</c>.</param>
    /// <param name="parts">The layers.</param>
    public void Add(WorkerPool pool, BlockSchedule schedule, float* x, ReadOnlySpan<LinearPart> parts)
    {
        for (int adapter = 0; adapter < adapters.Count; adapter++)
        {
            int rows = 0;
            foreach (Block block in schedule.Blocks)
                rows += block.State.AdapterIndex == adapter ? block.Rows : 0;
            if (rows == 0)
                continue;
            bool isGathered = false;
            foreach (ref readonly LinearPart part in parts)
            {
                if (adapters.Product(adapter, part) is not { } product)
                    continue;
                if (!isGathered)
                    Gather(schedule, adapter, x, part.Weights.Columns, _rows[0]);
                isGathered = true;
                Linear.Apply(pool, product.Down, null, _rows[0], rows, _rows[1]);
                Linear.Apply(pool, product.Up, null, _rows[1], rows, _rows[2]);
                AddBack(schedule, adapter, _rows[2], part.Weights.Rows, part.Y);
            }
        }
    }

    public void Dispose() => _rows.Dispose();

    private static void Gather(BlockSchedule schedule, int adapter, float* x, int width, float* gathered)
    {
        foreach (Block block in schedule.Blocks)
        {
            if (block.State.AdapterIndex != adapter)
                continue;
            int length = block.Rows * width;
            new ReadOnlySpan<float>(x + ((long)block.FirstRow * width), length).CopyTo(new Span<float>(gathered, length));
            gathered += length;
        }
    }

    private static void AddBack(BlockSchedule schedule, int adapter, float* gathered, int width, float* y)
    {
        foreach (Block block in schedule.Blocks)
        {
            if (block.State.AdapterIndex != adapter)
                continue;
            int length = block.Rows * width;
            Span<float> target = new(y + ((long)block.FirstRow * width), length);
            TensorPrimitives.Add(target, new ReadOnlySpan<float>(gathered, length), target);
            gathered += length;
        }
    }
}

using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.Experts;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>Scratch memory of one forward. Model width d, inner width f of the feed-forward network.</summary>
/// <param name="width">d.</param>
/// <param name="feedForwardWidth">f.</param>
/// <param name="pairs">Rotary pairs of a head.</param>
/// <param name="familyWidths">The widths of the family's own matrices.</param>
internal abstract unsafe class DecoderWorkspace(int width, int feedForwardWidth, int pairs, params int[] familyWidths) : IDisposable
{
    private const int Shared = 6;

    private readonly ScratchRows _rows = new([width, width, feedForwardWidth, feedForwardWidth, pairs, pairs, .. familyWidths]);

    /// <summary>The current wave.</summary>
    public BlockSchedule Schedule { get; } = new();

    /// <summary>The residual stream, <c>[rows × d]</c>.</summary>
    public float* X => _rows[0];

    /// <summary>The normalised input of half a block, <c>[rows × d]</c>.</summary>
    public float* Normalized => _rows[1];

    /// <summary><c>[rows × f]</c>.</summary>
    public float* FeedForwardGate => _rows[2];

    /// <summary><c>[rows × f]</c>.</summary>
    public float* FeedForwardUp => _rows[3];

    /// <summary>Memory for experts; null for a model that has none.</summary>
    public ExpertWorkspace? Experts { get; init; }

    /// <summary><c>[rows × pairs]</c>.</summary>
    public float* Cosines => _rows[4];

    /// <summary><c>[rows × pairs]</c>.</summary>
    public float* Sines => _rows[5];

    /// <summary>The adapters that are held beside the weights; null for none.</summary>
    public AdapterWorkspace? Adapters { get; set; }

    /// <summary>Bytes that it holds.</summary>
    public virtual long ByteSize => _rows.ByteSize + (Experts?.ByteSize ?? 0) + (Adapters?.ByteSize ?? 0);

    /// <summary>Linear layers of the same input for all rows of the wave, with what the adapters of its sequences add.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="x"><c>[rows × inputs]</c>.</param>
    /// <param name="parts">The layers, all with as many inputs.</param>
    public void Project(WorkerPool pool, float* x, ReadOnlySpan<LinearPart> parts)
    {
        Linear.Apply(pool, x, Schedule.Rows, parts);
        Adapters?.Add(pool, Schedule, x, parts);
    }

    /// <summary>Makes room for the wave.</summary>
    public virtual void Reserve()
    {
        _rows.Reserve(Schedule.Rows);
        Experts?.Reserve(Schedule.Rows);
        Adapters?.Reserve(Schedule.Rows);
    }

    public virtual void Dispose()
    {
        _rows.Dispose();
        Experts?.Dispose();
        Adapters?.Dispose();
    }

    /// <summary>One of the family's matrices, <c>[rows × its width]</c>.</summary>
    protected float* FamilyRows(int index) => _rows[Shared + index];
}

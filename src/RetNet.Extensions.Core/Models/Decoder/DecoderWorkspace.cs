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

    /// <summary>Bytes that it holds.</summary>
    public virtual long ByteSize => _rows.ByteSize + (Experts?.ByteSize ?? 0);

    /// <summary>Makes room for the wave.</summary>
    public virtual void Reserve()
    {
        _rows.Reserve(Schedule.Rows);
        Experts?.Reserve(Schedule.Rows);
    }

    public virtual void Dispose()
    {
        _rows.Dispose();
        Experts?.Dispose();
    }

    /// <summary>One of the family's matrices, <c>[rows × its width]</c>.</summary>
    protected float* FamilyRows(int index) => _rows[Shared + index];
}

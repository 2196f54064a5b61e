using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>Scratch memory of one forward of a RetNet. H heads, G key-value heads.</summary>
internal sealed unsafe class RetNetWorkspace(RetNetConfiguration c) : DecoderWorkspace(
    c.Width, c.FeedForwardWidth, c.KeyWidth / 2,
    c.Heads * c.KeyWidth, c.KeyValueHeads * c.KeyWidth, c.KeyValueHeads * c.ValueWidth, c.Heads * c.ValueWidth, c.Heads * c.ValueWidth)
{
    private readonly NativeBuffer<RetentionSlice> _slices = new(0);

    /// <summary><c>[rows × H·dk]</c>.</summary>
    public float* Query => FamilyRows(0);

    /// <summary><c>[rows × G·dk]</c>.</summary>
    public float* Key => FamilyRows(1);

    /// <summary><c>[rows × G·dv]</c>.</summary>
    public float* Value => FamilyRows(2);

    /// <summary><c>[rows × H·dv]</c>.</summary>
    public float* Gate => FamilyRows(3);

    /// <summary><c>[rows × H·dv]</c>.</summary>
    public float* Retained => FamilyRows(4);

    /// <summary>One entry per block of the wave.</summary>
    public RetentionSlice* Slices => _slices.Pointer;

    /// <summary>Keys and values of drafts.</summary>
    public RetentionDrafts Drafts { get; } = new(c);

    /// <inheritdoc/>
    public override long ByteSize => base.ByteSize + _slices.ByteSize + Drafts.ByteSize;

    /// <inheritdoc/>
    public override void Reserve()
    {
        base.Reserve();
        _slices.Reserve(Schedule.Blocks.Length);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _slices.Dispose();
        Drafts.Dispose();
    }
}

using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Transformer.Attention;
using RetNet.Extensions.Core.Models.Transformer.Rotations;

namespace RetNet.Extensions.Core.Models.Transformer.Managed;

/// <summary>Scratch memory of one forward of a Transformer. H query heads, G key-value heads of width w.</summary>
internal sealed unsafe class TransformerWorkspace(TransformerConfiguration c) : DecoderWorkspace(
    c.Width, Math.Max(c.FeedForwardWidth, c.UsedExperts?.SharedWidth ?? 0), c.RotaryWidth / 2,
    c.Heads * c.HeadWidth, c.KeyValueHeads * c.HeadWidth, c.KeyValueHeads * c.HeadWidth, c.Heads * c.HeadWidth,
    LocalPairs(c), LocalPairs(c))
{
    private readonly NativeBuffer<AttentionSlice> _slices = new(0);
    private readonly NativeBuffer<float> _weights = new(0);
    private readonly NativeBuffer<float> _segments = new(0);
    private readonly List<Block> _turn = [];

    /// <summary>The blocks that attend in this turn, see <see cref="TakeTurn"/>.</summary>
    public ReadOnlySpan<Block> Turn => CollectionsMarshal.AsSpan(_turn);

    public StateCut Cut { get; } = new();

    /// <summary>What drafts changed in layers that drop rows.</summary>
    public DraftUndo Undo => Cut.Undo;

    /// <summary><c>[rows × H·w]</c>.</summary>
    public float* Query => FamilyRows(0);

    /// <summary><c>[rows × G·w]</c>.</summary>
    public float* Key => FamilyRows(1);

    /// <summary><c>[rows × G·w]</c>.</summary>
    public float* Value => FamilyRows(2);

    /// <summary><c>[rows × H·w]</c>.</summary>
    public float* Attended => FamilyRows(3);

    /// <summary>Cosines of layers with local rotation, <c>[rows × pairs]</c>.</summary>
    public float* LocalCosines => FamilyRows(4);

    /// <summary>Sines of layers with local rotation, <c>[rows × pairs]</c>.</summary>
    public float* LocalSines => FamilyRows(5);

    /// <summary>Memory for the frequencies of one length, <c>[pairs]</c>.</summary>
    public float[] Frequencies { get; } = new float[c.RotaryWidth / 2];

    /// <summary>One entry per block of the wave.</summary>
    public AttentionSlice* Slices => _slices.Pointer;

    /// <inheritdoc/>
    public override long ByteSize => base.ByteSize + _slices.ByteSize + _weights.ByteSize + _segments.ByteSize + Undo.ByteSize;

    /// <inheritdoc/>
    public override void Reserve()
    {
        base.Reserve();
        _slices.Reserve(Schedule.Blocks.Length);
    }

    /// <summary>Gathers the blocks that attend in a turn: all of the wave in the first one, but of a draft whose layer drops rows one token
    /// in each.</summary>
    /// <returns>The number of turns.</returns>
    public int TakeTurn(int layer, int turn)
    {
        _turn.Clear();
        int turns = 1;
        foreach (Block block in Schedule.Blocks)
        {
            int own = block.DraftTokens > 0 && ((ManagedTransformerState)block.State).DropsRows(layer) ? block.Ahead : 0;
            if (own == turn)
                _turn.Add(block);
            turns = Math.Max(turns, own + 1);
        }

        return turns;
    }

    /// <summary>Memory for attention weights that policies read.</summary>
    public float* AttentionWeights(long length) => Grown(_weights, length);

    /// <summary>Memory for the results of segments of rows.</summary>
    public float* AttentionSegments(long length) => Grown(_segments, length);

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _slices.Dispose();
        _weights.Dispose();
        _segments.Dispose();
        Undo.Dispose();
    }

    private static int LocalPairs(TransformerConfiguration c) => c.LayerRotations.Contains(LayerRotation.Local) ? c.RotaryWidth / 2 : 0;

    private static float* Grown(NativeBuffer<float> buffer, long length)
    {
        buffer.Grow(length);
        return buffer.Pointer;
    }
}

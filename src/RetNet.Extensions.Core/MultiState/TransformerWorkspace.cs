using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.MultiState;

/// <summary>Scratch memory of one forward.</summary>
internal sealed unsafe class TransformerWorkspace(TransformerConfiguration configuration) : IDisposable
{
    private readonly ScratchRows _rows = new(
    [
        configuration.Width, configuration.Width, configuration.Heads * configuration.HeadWidth, configuration.KeyValueHeads * configuration.HeadWidth,
        configuration.KeyValueHeads * configuration.HeadWidth, configuration.Heads * configuration.HeadWidth, configuration.FeedForwardWidth,
        configuration.FeedForwardWidth, configuration.HeadWidth / 2, configuration.HeadWidth / 2,
    ]);

    private readonly NativeBuffer<AttentionSlice> _slices = new(0);
    private readonly NativeBuffer<float> _weights = new(0);

    public BlockSchedule Schedule { get; } = new();

    public StateCut Cut { get; } = new();

    /// <summary>The residual stream, <c>[rows × d]</c>.</summary>
    public float* X => _rows[0];

    /// <summary>The normalised input of a sublayer, <c>[rows × d]</c>.</summary>
    public float* Normalized => _rows[1];

    /// <summary><c>[rows × H·w]</c>.</summary>
    public float* Query => _rows[2];

    /// <summary><c>[rows × G·w]</c>.</summary>
    public float* Key => _rows[3];

    /// <summary><c>[rows × G·w]</c>.</summary>
    public float* Value => _rows[4];

    /// <summary><c>[rows × H·w]</c>.</summary>
    public float* Attended => _rows[5];

    /// <summary><c>[rows × f]</c>.</summary>
    public float* FeedForwardGate => _rows[6];

    /// <summary><c>[rows × f]</c>.</summary>
    public float* FeedForwardUp => _rows[7];

    /// <summary><c>[rows × w/2]</c>.</summary>
    public float* Cosines => _rows[8];

    /// <summary><c>[rows × w/2]</c>.</summary>
    public float* Sines => _rows[9];

    /// <summary>One entry per block of the wave.</summary>
    public AttentionSlice* Slices => _slices.Pointer;

    /// <summary>Makes room for a wave.</summary>
    public void Reserve(int rows, int blocks)
    {
        _rows.Reserve(rows);
        if (_slices.Length < blocks)
            _slices.ResizeParts(1, blocks);
    }

    /// <summary>Memory for attention weights that policies read.</summary>
    public float* AttentionWeights(long length)
    {
        if (_weights.Length < length)
            _weights.ResizeParts(1, length);
        return _weights.Pointer;
    }

    public void Dispose()
    {
        _rows.Dispose();
        _slices.Dispose();
        _weights.Dispose();
    }
}

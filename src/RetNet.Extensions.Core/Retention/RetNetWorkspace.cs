using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Retention;

/// <summary>Scratch memory of one forward.</summary>
internal sealed unsafe class RetNetWorkspace(RetNetConfiguration configuration) : IDisposable
{
    private readonly ScratchRows _rows = new(
    [
        configuration.Width, configuration.Width, configuration.Heads * configuration.KeyWidth, configuration.KeyValueHeads * configuration.KeyWidth,
        configuration.KeyValueHeads * configuration.ValueWidth, configuration.Heads * configuration.ValueWidth, configuration.Heads * configuration.ValueWidth,
        configuration.FeedForwardWidth, configuration.FeedForwardWidth, configuration.KeyWidth / 2, configuration.KeyWidth / 2,
    ]);

    private readonly NativeBuffer<RetentionSlice> _slices = new(0);

    public BlockSchedule Schedule { get; } = new();

    /// <summary>The residual stream, <c>[rows × d]</c>.</summary>
    public float* X => _rows[0];

    /// <summary>The normalised input of a sublayer, <c>[rows × d]</c>.</summary>
    public float* Normalized => _rows[1];

    /// <summary><c>[rows × H·dk]</c>.</summary>
    public float* Query => _rows[2];

    /// <summary><c>[rows × G·dk]</c>.</summary>
    public float* Key => _rows[3];

    /// <summary><c>[rows × G·dv]</c>.</summary>
    public float* Value => _rows[4];

    /// <summary><c>[rows × H·dv]</c>.</summary>
    public float* Gate => _rows[5];

    /// <summary><c>[rows × H·dv]</c>.</summary>
    public float* Retained => _rows[6];

    /// <summary><c>[rows × f]</c>.</summary>
    public float* FeedForwardGate => _rows[7];

    /// <summary><c>[rows × f]</c>.</summary>
    public float* FeedForwardUp => _rows[8];

    /// <summary><c>[rows × dk/2]</c>.</summary>
    public float* Cosines => _rows[9];

    /// <summary><c>[rows × dk/2]</c>.</summary>
    public float* Sines => _rows[10];

    /// <summary>One entry per block of the wave.</summary>
    public RetentionSlice* Slices => _slices.Pointer;

    /// <summary>Makes room for a wave.</summary>
    public void Reserve(int rows, int blocks)
    {
        _rows.Reserve(rows);
        if (_slices.Length < blocks)
            _slices.ResizeParts(1, blocks);
    }

    public void Dispose()
    {
        _rows.Dispose();
        _slices.Dispose();
    }
}

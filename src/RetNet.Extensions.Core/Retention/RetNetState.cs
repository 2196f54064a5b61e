using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Retention;

/// <summary>A RetNet's memory of a sequence: one matrix <c>[dk × dv]</c> per layer and head, the same size at every position.</summary>
/// <remarks>
/// The matrix is U_n = Σ_{m≤n} γ^(n−m) k_mᵀ v_m in both dialects. torchscale's own recurrent state is U_n / √s_n with s_n = Σ_{j≤n} γ^j;
/// the scaling is applied when the state is read, which keeps all forms on one state.
/// </remarks>
public sealed unsafe class RetNetState : SequenceState
{
    private readonly RetNetConfiguration _configuration;
    private readonly NativeBuffer<byte> _memory;

    internal RetNetState(LanguageModel model, RetNetConfiguration configuration, StateOptions options)
        : base(model, options)
    {
        Check(options);
        _configuration = configuration;
        _memory = new NativeBuffer<byte>(Bytes(configuration, Format));
    }

    /// <inheritdoc/>
    public override long ByteSize => _memory.ByteSize;

    /// <summary>Tokens per chunk.</summary>
    internal int Chunk => Options.RetentionChunk ?? _configuration.ChunkSize;

    private int HeadSize => _configuration.KeyWidth * _configuration.ValueWidth;

    private int HeadBytes => HeadSize * Format.ValueBytes();

    /// <summary>Copies the state matrix of one head.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="head">The head, from 0.</param>
    /// <returns><c>[dk × dv]</c>, row-major: U as above.</returns>
    public float[] GetMatrix(int layer, int head)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(layer);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(layer, _configuration.Layers);
        ArgumentOutOfRangeException.ThrowIfNegative(head);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(head, _configuration.Heads);
        float[] matrix = new float[HeadSize];
        using Use use = BeginUse();
        Format.Read(Head(layer, head), matrix);
        return matrix;
    }

    /// <summary>Checks the options that concern a RetNet.</summary>
    /// <exception cref="ArgumentException">One does not fit.</exception>
    internal static void Check(StateOptions options)
    {
        options.CheckFormat();
        if (options.RetentionChunk is < 1 or > 4096)
            throw new ArgumentException($"{nameof(StateOptions.RetentionChunk)} is {options.RetentionChunk}; expected 1 to 4096.", nameof(options));
        if (!Enum.IsDefined(options.Form))
            throw new ArgumentException($"{nameof(StateOptions.Form)} is {options.Form}; expected a form of retention.", nameof(options));
    }

    /// <summary>Bytes of a state, the same at every position.</summary>
    internal static long Bytes(RetNetConfiguration c, StateFormat format) => (long)c.Layers * c.Heads * c.KeyWidth * c.ValueWidth * format.ValueBytes();

    /// <summary>The matrices of a layer, <c>[heads × dk × dv]</c>.</summary>
    internal byte* Layer(int layer) => _memory.Pointer + ((long)layer * _configuration.Heads * HeadBytes);

    /// <summary>The parallel form sees an input whole; a block of the chunkwise form holds whole chunks, whose borders are part of torchscale's mathematics.</summary>
    internal override int BlockLength(int inputTokens) => Options.Form switch
    {
        RetentionForm.Parallel => inputTokens,
        RetentionForm.Chunkwise => Math.Max(1, BlockSchedule.BlockRows / Chunk) * Chunk,
        _ => BlockSchedule.BlockRows,
    };

    /// <summary>Chunks may be computed in different forwards. A chunk of one token may not come alone: that would be a recurrent step.</summary>
    internal override int SplitAt(int inputTokens, int wanted)
    {
        int blockStart = base.SplitAt(inputTokens, wanted);
        if (Options.Form == RetentionForm.Parallel)
            return blockStart;
        int chunk = Math.Max(2, Chunk);
        int split = blockStart + ((wanted - blockStart) / chunk * chunk);
        return EndsAfter(inputTokens, blockStart).Block - split == 1 ? blockStart : split;
    }

    /// <inheritdoc/>
    protected override SequenceState ForkCore()
    {
        RetNetState copy = new(Model, _configuration, Options);
        Buffer.MemoryCopy(_memory.Pointer, copy._memory.Pointer, copy._memory.ByteSize, _memory.ByteSize);
        return copy;
    }

    /// <inheritdoc/>
    protected override void SaveCore(BinaryWriter writer)
    {
        for (int layer = 0; layer < _configuration.Layers; layer++)
        {
            for (int head = 0; head < _configuration.Heads; head++)
                writer.Write(Head(layer, head));
        }
    }

    /// <inheritdoc/>
    protected override void LoadCore(BinaryReader reader, StateFormat saved)
    {
        byte[] bytes = new byte[HeadSize * saved.ValueBytes()];
        float[] matrix = new float[HeadSize];
        for (int layer = 0; layer < _configuration.Layers; layer++)
        {
            for (int head = 0; head < _configuration.Heads; head++)
            {
                reader.BaseStream.ReadExactly(bytes);
                saved.Read(bytes, matrix);
                Format.Write(matrix, Head(layer, head));
            }
        }
    }

    /// <inheritdoc/>
    protected override void ReleaseMemory() => _memory.Dispose();

    private Span<byte> Head(int layer, int head) => new(Layer(layer) + ((long)head * HeadBytes), HeadBytes);
}

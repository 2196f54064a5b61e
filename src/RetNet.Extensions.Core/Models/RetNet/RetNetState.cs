using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>A RetNet's memory of a sequence: one matrix <c>[dk × dv]</c> per layer and head, the same size at every position.</summary>
/// <remarks>
/// The matrix is U_n = Σ_{m≤n} γ^(n−m) k_mᵀ v_m in both dialects. torchscale's own recurrent state is U_n / √s_n with s_n = Σ_{j≤n} γ^j;
/// the scaling is applied when the state is read, which keeps all forms on one state.
/// </remarks>
[Experimental("RETNET001")]
public abstract class RetNetState : SequenceState
{
    /// <summary>Remembers nothing yet.</summary>
    /// <param name="model">The model.</param>
    /// <param name="configuration">Its dimensions.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <exception cref="ArgumentException">An option does not fit.</exception>
    protected RetNetState(LanguageModel model, RetNetConfiguration configuration, StateOptions options)
        : base(model, options)
    {
        Check(options);
        Configuration = configuration;
    }

    /// <inheritdoc/>
    public sealed override long ByteSize => Bytes(Configuration, Format);

    /// <summary>The model's dimensions.</summary>
    public RetNetConfiguration Configuration { get; }

    /// <summary>Tokens per chunk.</summary>
    public int Chunk => Options.RetentionChunk ?? Configuration.ChunkSize;

    /// <summary>Bytes of the matrices of a layer.</summary>
    protected long LayerBytes => ByteSize / Configuration.Layers;

    private int HeadSize => Configuration.KeyWidth * Configuration.ValueWidth;

    /// <summary>Copies the state matrix of one head.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="head">The head, from 0.</param>
    /// <returns><c>[dk × dv]</c>, row-major: U as above.</returns>
    public float[] GetMatrix(int layer, int head)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(layer);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(layer, Configuration.Layers);
        ArgumentOutOfRangeException.ThrowIfNegative(head);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(head, Configuration.Heads);
        byte[] matrices = new byte[LayerBytes];
        using (BeginUse())
            ReadLayer(layer, matrices);
        float[] matrix = new float[HeadSize];
        int headBytes = HeadSize * Format.ValueBytes();
        Format.Read(matrices.AsSpan(head * headBytes, headBytes), matrix);
        return matrix;
    }

    /// <summary>Checks the options that concern a RetNet.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">One does not fit.</exception>
    public static void Check(StateOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.CheckFormat();
        if (options.Format == StateFormat.Int8)
        {
            throw new ArgumentException($"{nameof(StateOptions)}.{nameof(options.Format)} is {options.Format}; expected "
                + $"{StateFormat.Float32} or {StateFormat.BFloat16}: a RetNet's matrices change in every step, and rounded to 8 bits each "
                + "time they end up 3 to 23 % off.", nameof(options));
        }

        if (options.RetentionChunk is < 1 or > 4096)
        {
            throw new ArgumentException($"{nameof(StateOptions.RetentionChunk)} is {options.RetentionChunk}; expected 1 to 4096.",
                nameof(options));
        }

        if (!Enum.IsDefined(options.Form))
            throw new ArgumentException($"{nameof(StateOptions.Form)} is {options.Form}; expected a form of retention.", nameof(options));
    }

    /// <summary>Bytes of a state, the same at every position.</summary>
    /// <param name="c">The model's dimensions.</param>
    /// <param name="format">How its values are kept.</param>
    /// <returns>Bytes.</returns>
    public static long Bytes(RetNetConfiguration c, StateFormat format) =>
        (long)c.Layers * c.Heads * c.KeyWidth * c.ValueWidth * format.ValueBytes();

    /// <summary>The form of a block: on top of a state, an input of one token is a recurrent step, and the parallel form (which has no
    /// state) gives way to the recurrent one.</summary>
    /// <param name="block">A block of this state's sequence.</param>
    /// <returns>The form.</returns>
    public RetentionForm FormOf(Block block) =>
        block.Position > 0 && ((block.Rows == 1 && block.IsWholeInput) || Options.Form == RetentionForm.Parallel)
            ? RetentionForm.Recurrent
            : Options.Form;

    /// <summary>The other forms scale torchscale's results otherwise than single steps do.</summary>
    internal sealed override long UncutTokens => Options.Form == RetentionForm.Recurrent ? long.MaxValue : 0;

    /// <summary>The parallel form sees an input whole; a block of the chunkwise form holds whole chunks, whose borders are part of
    /// torchscale's mathematics.</summary>
    protected internal override int BlockLength(int inputTokens) => Options.Form switch
    {
        RetentionForm.Parallel => inputTokens,
        RetentionForm.Chunkwise => Math.Max(1, Model.BlockRows / Chunk) * Chunk,
        _ => Model.BlockRows,
    };

    /// <summary>Chunks may be computed in different forwards. A chunk of one token may not come alone: that would be a recurrent
    /// step.</summary>
    protected internal override int SplitAt(int inputTokens, int wanted)
    {
        int blockStart = base.SplitAt(inputTokens, wanted);
        if (Options.Form == RetentionForm.Parallel)
            return blockStart;
        int chunk = Math.Max(2, Chunk);
        int split = blockStart + ((wanted - blockStart) / chunk * chunk);
        return EndsAfter(inputTokens, blockStart).Block - split == 1 ? blockStart : split;
    }

    /// <summary>Copies the matrices of a layer, <c>[heads × dk × dv]</c>, as they are kept.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="matrices">Receives <see cref="LayerBytes"/> bytes.</param>
    protected internal abstract void ReadLayer(int layer, Span<byte> matrices);

    /// <summary>Sets the matrices of a layer, <c>[heads × dk × dv]</c>, as they are kept.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="matrices"><see cref="LayerBytes"/> bytes.</param>
    protected internal abstract void WriteLayer(int layer, ReadOnlySpan<byte> matrices);

    /// <inheritdoc/>
    protected sealed override void SaveCore(BinaryWriter writer)
    {
        byte[] matrices = new byte[LayerBytes];
        for (int layer = 0; layer < Configuration.Layers; layer++)
        {
            ReadLayer(layer, matrices);
            writer.Write(matrices);
        }
    }

    /// <inheritdoc/>
    protected sealed override void LoadCore(BinaryReader reader, StateFormat saved)
    {
        if (saved == StateFormat.Int8)
            throw new InvalidDataException($"The saved state of a RetNet has values in format {saved}, which only Transformers have.");
        byte[] bytes = new byte[Configuration.Heads * HeadSize * saved.ValueBytes()];
        float[] values = new float[Configuration.Heads * HeadSize];
        byte[] matrices = new byte[LayerBytes];
        for (int layer = 0; layer < Configuration.Layers; layer++)
        {
            reader.BaseStream.ReadExactly(bytes);
            saved.Read(bytes, values);
            Format.Write(values, matrices);
            WriteLayer(layer, matrices);
        }
    }
}

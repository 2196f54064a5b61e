using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>The matrices of a RetNet's state in this process's memory.</summary>
internal sealed unsafe class ManagedRetNetState : RetNetState
{
    private NativeBuffer<byte>? _memory;

    /// <inheritdoc cref="RetNetState(LanguageModel, RetNetConfiguration, StateOptions)"/>
    /// <param name="model">The model.</param>
    /// <param name="configuration">Its dimensions.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="isBrief">Whether memory is taken only when a forward needs it.</param>
    public ManagedRetNetState(LanguageModel model, RetNetConfiguration configuration, StateOptions options, bool isBrief = false)
        : base(model, configuration, options)
    {
        if (!isBrief)
            _ = Memory;
    }

    /// <inheritdoc/>
    internal override long HeldBytes => _memory?.ByteSize ?? 0;

    private NativeBuffer<byte> Memory => _memory ??= new NativeBuffer<byte>(ByteSize);

    /// <summary>The matrices of a layer, <c>[heads × dk × dv]</c>.</summary>
    public byte* Layer(int layer) => Memory.Pointer + (layer * LayerBytes);

    /// <summary>Whether a block needs the state: a whole sequence of several tokens does not.</summary>
    public static bool IsNeededBy(Block block) => IsNeededBy(block.Rows, block.IsWholeSequence);

    /// <summary>As <see cref="IsNeededBy(Block)"/>, for a block that is still to come.</summary>
    public static bool IsNeededBy(int rows, bool isWholeSequence) => !(isWholeSequence && rows > 1);

    protected internal override void ReadLayer(int layer, Span<byte> matrices) => Bytes(layer).CopyTo(matrices);

    protected internal override void WriteLayer(int layer, ReadOnlySpan<byte> matrices) => matrices.CopyTo(Bytes(layer));

    /// <inheritdoc/>
    protected override SequenceState ForkCore()
    {
        ManagedRetNetState copy = new(Model, Configuration, Options);
        Buffer.MemoryCopy(Memory.Pointer, copy.Memory.Pointer, copy.Memory.ByteSize, Memory.ByteSize);
        return copy;
    }

    private protected override bool TryCopyCore(SequenceState copy)
    {
        if (copy is not ManagedRetNetState other || other.ByteSize != ByteSize)
            return false;
        Buffer.MemoryCopy(Memory.Pointer, other.Memory.Pointer, other.Memory.ByteSize, Memory.ByteSize);
        return true;
    }

    /// <inheritdoc/>
    protected override void ReleaseMemory() => _memory?.Dispose();

    private Span<byte> Bytes(int layer) => new(Layer(layer), checked((int)LayerBytes));
}

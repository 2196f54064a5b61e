using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>The matrices of a RetNet's state in this process's memory.</summary>
internal sealed unsafe class ManagedRetNetState : RetNetState
{
    private readonly NativeBuffer<byte> _memory;

    public ManagedRetNetState(LanguageModel model, RetNetConfiguration configuration, StateOptions options)
        : base(model, configuration, options) => _memory = new NativeBuffer<byte>(ByteSize);

    /// <summary>The matrices of a layer, <c>[heads × dk × dv]</c>.</summary>
    public byte* Layer(int layer) => _memory.Pointer + (layer * LayerBytes);

    protected internal override void ReadLayer(int layer, Span<byte> matrices) => Bytes(layer).CopyTo(matrices);

    protected internal override void WriteLayer(int layer, ReadOnlySpan<byte> matrices) => matrices.CopyTo(Bytes(layer));

    /// <inheritdoc/>
    protected override SequenceState ForkCore()
    {
        ManagedRetNetState copy = new(Model, Configuration, Options);
        Buffer.MemoryCopy(_memory.Pointer, copy._memory.Pointer, copy._memory.ByteSize, _memory.ByteSize);
        return copy;
    }

    private protected override bool TryCopyCore(SequenceState copy)
    {
        if (copy is not ManagedRetNetState other || other._memory.ByteSize != _memory.ByteSize)
            return false;
        Buffer.MemoryCopy(_memory.Pointer, other._memory.Pointer, other._memory.ByteSize, _memory.ByteSize);
        return true;
    }

    /// <inheritdoc/>
    protected override void ReleaseMemory() => _memory.Dispose();

    private Span<byte> Bytes(int layer) => new(Layer(layer), checked((int)LayerBytes));
}

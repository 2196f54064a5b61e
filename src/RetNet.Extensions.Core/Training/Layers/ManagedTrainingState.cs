using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>What sequences remember of earlier batches, on the CPU.</summary>
internal sealed unsafe class ManagedTrainingState(
    TrainableModel model, int sequences, int layers, long valuesPerLayer) : TrainingState(model, sequences)
{
    private readonly NativeBuffer<float> _memory = new(checked(sequences * layers * valuesPerLayer));

    protected internal override bool IsDisposed => _memory.Pointer is null;

    public override void Dispose() => _memory.Dispose();

    /// <summary>The memory of a sequence in a layer, <c>[H × dk × dv]</c>.</summary>
    internal float* Layer(int sequence, int layer) => _memory.Pointer + ((((long)sequence * layers) + layer) * valuesPerLayer);

    protected internal override long ValuesPerSequence => layers * valuesPerLayer;

    protected override void Clear(int sequence) => Values(sequence).Clear();

    protected internal override void Read(int sequence, Span<float> target) => Values(sequence).CopyTo(target);

    protected internal override void Write(int sequence, ReadOnlySpan<float> source) => source.CopyTo(Values(sequence));

    private Span<float> Values(int sequence) => new(Layer(sequence, 0), checked((int)ValuesPerSequence));
}

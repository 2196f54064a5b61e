using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>What sequences remember of earlier batches, on the device.</summary>
internal sealed class TorchTrainingState : TrainingState
{
    private readonly TorchParameterStore _store;
    private readonly Tensor _memory;
    private bool _disposed;

    public TorchTrainingState(
        TrainableModel model, TorchParameterStore store, RetNetConfiguration c, int sequences, torch.Device device)
        : base(model, sequences)
    {
        _store = store;
        _memory = torch.zeros([sequences, c.Layers, c.Heads, c.KeyWidth, c.ValueWidth], torch.float32, device).DetachFromDisposeScope();
        ValuesPerSequence = _memory.NumberOfElements / sequences;
    }

    protected override bool IsDisposed => _disposed;

    protected override long ValuesPerSequence { get; }

    public override void Dispose()
    {
        _disposed = true;
        _memory.Dispose();
    }

    /// <summary>The memories of some sequences in a layer, <c>[n × H × dk × dv]</c>.</summary>
    internal Tensor Take(int layer, Tensor sequences) => _memory.select(1, layer).index_select(0, sequences);

    /// <summary>Replaces the memories of some sequences in a layer, <c>[n × H × dk × dv]</c>.</summary>
    internal void Put(int layer, Tensor sequences, Tensor memories) =>
        _memory.select(1, layer).index_copy_(0, sequences, memories.detach());

    protected override void Clear(int sequence) => _store.Guard(sequence, sequence => { _memory.select(0, sequence).zero_(); });

    protected override void Read(int sequence, Span<float> target) => _store.Guard(target, target =>
        MemoryMarshal.Cast<byte, float>(_memory.select(0, sequence).contiguous().cpu().bytes).CopyTo(target));

    protected override void Write(int sequence, ReadOnlySpan<float> source) => _store.Guard(source, source =>
    {
        _memory.select(0, sequence).copy_(torch.tensor(source.ToArray(), torch.float32).reshape(_memory.shape[1..]));
    });
}

using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.RetNet;

/// <summary>The matrices of a RetNet's state on the device, in a place beside those of other sequences.</summary>
internal sealed class TorchRetNetState : RetNetState
{
    private readonly SlotPool _pool;

    public TorchRetNetState(LanguageModel model, RetNetConfiguration configuration, StateOptions options, SlotPool pool)
        : base(model, configuration, options)
    {
        _pool = pool;
        Slot = pool.Rent();
        using DisposeScope scope = torch.NewDisposeScope();
        Slot.View(0).zero_();
    }

    /// <summary>The place; its tensor is <c>[layers × slots × H × dk × dv]</c>.</summary>
    public Slot Slot { get; }

    protected override void ReadLayer(int layer, Span<byte> matrices)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        Slot.View(0).select(0, layer).contiguous().cpu().bytes.CopyTo(matrices);
    }

    protected override void WriteLayer(int layer, ReadOnlySpan<byte> matrices)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor target = Slot.View(0).select(0, layer);
        Tensor host = torch.empty(target.shape, dtype: target.dtype);
        matrices.CopyTo(host.bytes);
        target.copy_(host);
    }

    /// <inheritdoc/>
    protected override SequenceState ForkCore()
    {
        TorchRetNetState copy = new(Model, Configuration, Options, _pool);
        try
        {
            using DisposeScope scope = torch.NewDisposeScope();
            copy.Slot.View(0).copy_(Slot.View(0));
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void ReleaseMemory() => _pool.Return(Slot);
}

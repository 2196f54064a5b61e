using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.RetNet;

/// <summary>The matrices of a RetNet's state on the device, in a place beside those of other sequences.</summary>
internal sealed class TorchRetNetState : RetNetState
{
    private readonly TorchDecoderModel _model;
    private readonly SlotPool _pool;

    public TorchRetNetState(TorchDecoderModel model, RetNetConfiguration configuration, StateOptions options, SlotPool pool)
        : this(model, configuration, options, pool, static place => place.zero_())
    {
    }

    private TorchRetNetState(
        TorchDecoderModel model, RetNetConfiguration configuration, StateOptions options, SlotPool pool, Func<Tensor, Tensor> fill)
        : base(model, configuration, options)
    {
        (_model, _pool) = (model, pool);
        Slot = pool.Rent(slot => model.Guard(() => fill(slot.View(0))));
    }

    /// <summary>The place; its tensor is <c>[layers × slots × H × dk × dv]</c>.</summary>
    public Slot Slot { get; }

    protected override void ReadLayer(int layer, Span<byte> matrices)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        _model.Guard(() => Slot.View(0).select(0, layer).contiguous().cpu()).bytes.CopyTo(matrices);
    }

    protected override void WriteLayer(int layer, ReadOnlySpan<byte> matrices)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor target = Slot.View(0).select(0, layer);
        Tensor host = _model.Guard(() => torch.empty(target.shape, dtype: target.dtype));
        matrices.CopyTo(host.bytes);
        _model.Guard(() => target.copy_(host));
    }

    /// <inheritdoc/>
    protected override SequenceState ForkCore() =>
        new TorchRetNetState(_model, Configuration, Options, _pool, place => place.copy_(Slot.View(0)));

    /// <inheritdoc/>
    protected override void ReleaseMemory() => _pool.Return(Slot);
}

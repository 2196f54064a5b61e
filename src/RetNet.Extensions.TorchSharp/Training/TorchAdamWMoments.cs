using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>AdamW for parameters on a device, in pieces of a bounded size. m and v lie in the order of the parameters, as a checkpoint has
/// them.</summary>
internal sealed class TorchAdamWMoments : AdamWMoments
{
    private readonly TorchParameterStore _store;
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly TrainingOptions _options;
    private readonly Tensor _mean;
    private readonly Tensor _meanSquare;

    public TorchAdamWMoments(TorchParameterStore store, IReadOnlyList<Parameter> parameters, TrainingOptions options)
    {
        (_store, _parameters, _options) = (store, parameters, options);
        Length = parameters.Sum(parameter => parameter.Length);
        _mean = store.Zeros(Length);
        _meanSquare = store.Zeros(Length);
        _mean.DetachFromDisposeScope();
        _meanSquare.DetachFromDisposeScope();
    }

    public override long Length { get; }

    public override void Step(in AdamWStep step) => _store.Guard(step, step =>
    {
        long offset = 0;
        foreach (ParameterRange piece in TorchParameterStore.Pieces(_parameters))
        {
            using DisposeScope scope = torch.NewDisposeScope();
            (Tensor p, Tensor gradients) = _store.Views(piece);
            Tensor g = gradients * step.GradientScale;
            Tensor m = _mean.narrow(0, offset, piece.Length), v = _meanSquare.narrow(0, offset, piece.Length);
            m.mul_((float)_options.Beta1).add_(g, (float)(1 - _options.Beta1));
            v.mul_((float)_options.Beta2).addcmul_(g, g, (float)(1 - _options.Beta2));
            p.mul_((float)(1 - (step.LearningRate * _options.WeightDecay)));
            p.addcdiv_(m, v.sqrt().mul_(step.InverseCorrection2).add_((float)_options.Epsilon), -step.StepSize);
            offset += piece.Length;
        }
    });

    public override void Read(AdamWMoment moment, long offset, Span<float> target) => _store.Guard(target, target =>
        TorchParameterStore.Read(Of(moment), new ParameterRange(offset, target.Length), target));

    public override void Write(AdamWMoment moment, long offset, ReadOnlySpan<float> source) => _store.Guard(source, source =>
        TorchParameterStore.Write(Of(moment), offset, source));

    public override void Dispose()
    {
        _mean.Dispose();
        _meanSquare.Dispose();
    }

    private Tensor Of(AdamWMoment moment) => moment == AdamWMoment.Mean ? _mean : _meanSquare;
}

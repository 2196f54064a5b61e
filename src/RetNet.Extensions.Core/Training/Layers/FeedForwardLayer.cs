using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.RetNet;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The second half of a block, <c>x ← x + W_down ( act(W_gate n2(x)) ⊙ W_up n2(x) )</c>. Model width d, inner width f.</summary>
internal sealed unsafe class FeedForwardLayer : IDisposable
{
    private readonly NormLayer _norm;
    private readonly LinearLayer _gateAndUp;
    private readonly LinearLayer _down;
    private readonly RetNetActivation _activation;
    private readonly int _width;
    private readonly int _inner;
    private readonly int _place;
    private readonly ScratchRows _kept;
    private readonly TrainingScratch _scratch;

    /// <summary>gateAndUp is W_gate above W_up, <c>[2f × d]</c>; down is W_down, <c>[d × f]</c>.</summary>
    public FeedForwardLayer(
        NormLayer norm, LinearLayer gateAndUp, LinearLayer down, int inner, RetNetActivation activation, int place, TrainingScratch scratch)
    {
        (_norm, _gateAndUp, _down, _inner, _activation, _place, _scratch) = (norm, gateAndUp, down, inner, activation, place, scratch);
        _width = down.Outputs;
        _kept = new ScratchRows([2 * inner, inner]);
    }

    public void Forward(TrainingPass pass, float* x, float* y)
    {
        int rows = pass.Rows;
        _kept.Reserve(rows);
        float* gateAndUp = _kept[0];
        float* hidden = _kept[1];
        float* normalized = _scratch.Normalized;

        _norm.Forward(pass, x, normalized);
        _gateAndUp.Forward(pass.Pool, normalized, gateAndUp, rows);
        Activate(pass, gateAndUp, hidden);
        ResidualBranch.Add(pass, _down, hidden, x, y, _width, _place, _scratch.Branch);
    }

    public void Backward(TrainingPass pass, float* x, float* gradient)
    {
        int rows = pass.Rows;
        float* gateAndUp = _kept[0];
        float* hidden = _kept[1];
        float* normalized = _scratch.Normalized;
        float* dHidden = _scratch.InnerGradient;
        float* dGateAndUp = _scratch.ProjectionGradient;
        float* dNormalized = _scratch.Branch;

        float* dBranch = ResidualBranch.Gradient(pass, gradient, _width, _place, _scratch.Branch);
        _down.Backward(pass.Pool, hidden, dBranch, dHidden, rows);
        pass.ForRows(8L * _inner, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                float* g = gateAndUp + ((long)row * 2 * _inner);
                float* dg = dGateAndUp + ((long)row * 2 * _inner);
                ActivateBackward(new(g, _inner), new(g + _inner, _inner), new(dHidden + ((long)row * _inner), _inner), new(dg, _inner),
                    new(dg + _inner, _inner));
            }
        });
        _norm.Forward(pass, x, normalized);
        _gateAndUp.Backward(pass.Pool, normalized, dGateAndUp, dNormalized, rows);
        _norm.Backward(pass.Pool, x, dNormalized, gradient, rows, add: true);
    }

    public void Dispose()
    {
        _norm.Dispose();
        _kept.Dispose();
    }

    /// <summary>hidden = act(gate) ⊙ up.</summary>
    private void Activate(TrainingPass pass, float* gateAndUp, float* hidden) => pass.ForRows(4L * _inner, (from, to) =>
    {
        for (int row = from; row < to; row++)
        {
            float* g = gateAndUp + ((long)row * 2 * _inner);
            Span<float> target = new(hidden + ((long)row * _inner), _inner);
            ReadOnlySpan<float> up = new(g + _inner, _inner);
            new ReadOnlySpan<float>(g, _inner).CopyTo(target);
            switch (_activation)
            {
                case RetNetActivation.Gelu:
                    Activations.GeluGate(target, up);
                    break;
                case RetNetActivation.Relu:
                    Activations.ReluGate(target, up);
                    break;
                default:
                    Activations.SiluGate(target, up);
                    break;
            }
        }
    });

    private void ActivateBackward(
        ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> dy, Span<float> dGate, Span<float> dUp)
    {
        switch (_activation)
        {
            case RetNetActivation.Gelu:
                Activations.GeluGateBackward(gate, up, dy, dGate, dUp);
                break;
            case RetNetActivation.Relu:
                Activations.ReluGateBackward(gate, up, dy, dGate, dUp);
                break;
            default:
                Activations.SiluGateBackward(gate, up, dy, dGate, dUp);
                break;
        }
    }
}

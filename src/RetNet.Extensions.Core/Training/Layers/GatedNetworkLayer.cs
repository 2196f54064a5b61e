using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary><c>F(n) = W_down ( act(W_gate n) ⊙ W_up n )</c>. Model width d, inner width f.</summary>
/// <param name="gateAndUp">W_gate above W_up, <c>[2f × d]</c>.</param>
/// <param name="down">W_down, <c>[d × f]</c>.</param>
/// <param name="inner">f.</param>
/// <param name="gate">act, with the product.</param>
/// <param name="scratch">Memory of all layers.</param>
internal sealed unsafe class GatedNetworkLayer(
    LinearLayer gateAndUp, LinearLayer down, int inner, GateFunction gate, TrainingScratch scratch) : NetworkLayer
{
    private readonly ScratchRows _kept = new([2 * inner, inner]);

    public override void Forward(TrainingPass pass, float* n, float* y, bool add)
    {
        _kept.Reserve(pass.Rows);
        float* branches = _kept[0];
        float* hidden = _kept[1];
        gateAndUp.Forward(pass.Pool, n, branches, pass.Rows);
        pass.ForRows(4L * inner, (from, to) =>
        {
            for (long row = from; row < to; row++)
            {
                ReadOnlySpan<float> g = new(branches + (row * 2 * inner), inner), up = new(branches + (row * 2 * inner) + inner, inner);
                Span<float> target = new(hidden + (row * inner), inner);
                g.CopyTo(target);
                gate.Forward(target, up);
            }
        });
        down.Forward(pass.Pool, hidden, y, pass.Rows, add);
    }

    public override void Backward(TrainingPass pass, float* n, float* dy, float* dn)
    {
        float* branches = _kept[0];
        float* dHidden = scratch.InnerGradient;
        float* dBranches = scratch.ProjectionGradient;
        down.Backward(pass.Pool, _kept[1], dy, dHidden, pass.Rows);
        pass.ForRows(8L * inner, (from, to) =>
        {
            for (long row = from; row < to; row++)
            {
                float* g = branches + (row * 2 * inner);
                float* dg = dBranches + (row * 2 * inner);
                gate.Backward(new(g, inner), new(g + inner, inner), new(dHidden + (row * inner), inner), new(dg, inner),
                    new(dg + inner, inner));
            }
        });
        gateAndUp.Backward(pass.Pool, n, dBranches, dn, pass.Rows);
    }

    public override void Dispose() => _kept.Dispose();
}

using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Training.Layers;

namespace RetNet.Extensions.Core.Forecasting.Training;

/// <summary>The <see cref="PatchNetwork"/> with its backward pass: <c>x = W_down ( silu(W_gate f) ⊙ W_up f )</c> and <c>z = W_output h +
/// W_skip f</c>. Values f of a token have no gradient.</summary>
internal sealed unsafe class TrainablePatchNetwork : IDisposable
{
    private readonly ForecasterConfiguration _c;
    private readonly LinearLayer _gateAndUp;
    private readonly LinearLayer _down;
    private readonly LinearLayer _output;
    private readonly LinearLayer _skip;
    private readonly ScratchRows _kept;

    /// <summary>Draws new weights.</summary>
    public TrainablePatchNetwork(ForecasterConfiguration c, int seed)
    {
        _c = c;
        PatchLayout layout = new(c);
        Store = new ParameterStore(layout.Weights);
        Store.Initialize(seed);

        // W_up follows W_gate in memory: one matrix.
        _gateAndUp = new LinearLayer(Store[layout.Gate], 2 * c.EmbeddingWidth, c.Shape.Features);
        _down = new LinearLayer(Store[layout.Down], c.Width, c.EmbeddingWidth);
        _output = new LinearLayer(Store[layout.Output], c.Outputs, c.Width);
        _skip = new LinearLayer(Store[layout.Skip], c.Outputs, c.Shape.Features);
        _kept = new ScratchRows([2 * c.EmbeddingWidth, c.EmbeddingWidth, c.EmbeddingWidth, 2 * c.EmbeddingWidth]);
    }

    public ParameterStore Store { get; }

    /// <summary>x of each token.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="f"><c>[rows × F]</c>.</param>
    /// <param name="rows">The number of tokens.</param>
    /// <param name="x"><c>[rows × d]</c>.</param>
    public void Embed(WorkerPool pool, float* f, int rows, float* x)
    {
        int e = _c.EmbeddingWidth;
        _kept.Reserve(rows);
        float* gateAndUp = _kept[0];
        float* hidden = _kept[1];
        _gateAndUp.Forward(pool, f, gateAndUp, rows);
        pool.For(rows, 8L * rows * e, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                float* g = gateAndUp + ((long)row * 2 * e);
                Span<float> target = new(hidden + ((long)row * e), e);
                new ReadOnlySpan<float>(g, e).CopyTo(target);
                Activations.SiluGate(target, new ReadOnlySpan<float>(g + e, e));
            }
        });
        _down.Forward(pool, hidden, x, rows);
    }

    /// <summary>Adds the gradients of <see cref="Embed"/>.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="f">As in the forward pass.</param>
    /// <param name="rows">The number of tokens.</param>
    /// <param name="dx">The gradient of x, <c>[rows × d]</c>.</param>
    public void EmbedBackward(WorkerPool pool, float* f, int rows, float* dx)
    {
        int e = _c.EmbeddingWidth;
        float* gateAndUp = _kept[0];
        float* hidden = _kept[1];
        float* dHidden = _kept[2];
        float* dGateAndUp = _kept[3];
        _down.Backward(pool, hidden, dx, dHidden, rows);
        pool.For(rows, 16L * rows * e, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                float* g = gateAndUp + ((long)row * 2 * e);
                float* dg = dGateAndUp + ((long)row * 2 * e);
                Activations.SiluGateBackward(new ReadOnlySpan<float>(g, e), new ReadOnlySpan<float>(g + e, e),
                    new ReadOnlySpan<float>(dHidden + ((long)row * e), e), new Span<float>(dg, e), new Span<float>(dg + e, e));
            }
        });
        _gateAndUp.Backward(pool, f, dGateAndUp, null, rows);
    }

    /// <summary>z and a of each token.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="h">The decoder's output, <c>[rows × d]</c>.</param>
    /// <param name="f"><c>[rows × F]</c>.</param>
    /// <param name="rows">The number of tokens.</param>
    /// <param name="z"><c>[rows × (L·Q + K)]</c>.</param>
    public void Predict(WorkerPool pool, float* h, float* f, int rows, float* z)
    {
        _output.Forward(pool, h, z, rows);
        _skip.Forward(pool, f, z, rows, add: true);
    }

    /// <summary>Adds the gradients of <see cref="Predict"/>.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="h">As in the forward pass.</param>
    /// <param name="f">As in the forward pass.</param>
    /// <param name="rows">The number of tokens.</param>
    /// <param name="dz">The gradient of z and a, <c>[rows × (L·Q + K)]</c>.</param>
    /// <param name="dh">Receives that of h, <c>[rows × d]</c>.</param>
    public void PredictBackward(WorkerPool pool, float* h, float* f, int rows, float* dz, float* dh)
    {
        _output.Backward(pool, h, dz, dh, rows);
        _skip.Backward(pool, f, dz, null, rows);
    }

    public void Dispose()
    {
        _kept.Dispose();
        Store.Dispose();
    }
}

using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>The feed-forward network F of a block: one gated network, or experts.</summary>
internal abstract unsafe class FeedForward
{
    /// <summary>Loads the network of a layout.</summary>
    public static FeedForward Load(FeedForwardLayout layout, WeightLoader loader) => layout switch
    {
        GatedLayout gated => new GatedNetwork(gated, loader.Projection, loader),
        ExpertsLayout experts => new ExpertNetwork(experts, loader),
        _ => throw new ArgumentException($"A feed-forward network is a {layout.GetType().Name}; expected one that has weights here."),
    };

    /// <summary><c>y (+)= F(n)</c> for the rows of a wave.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="w">The wave; n is its <see cref="DecoderWorkspace.Normalized"/>.</param>
    /// <param name="activation">gate = act(gate) ⊙ up.</param>
    /// <param name="y"><c>[rows × d]</c>.</param>
    /// <param name="add">True to add to y, as a residual connection does.</param>
    public abstract void Apply(
        WorkerPool pool, DecoderWorkspace w, delegate*<Span<float>, ReadOnlySpan<float>, void> activation, float* y, bool add);
}

/// <summary><c>F(n) = W_down ( act(W_gate n) ⊙ W_up n )</c>. Model width d, inner width f.</summary>
/// <param name="layout">The weights.</param>
/// <param name="load">Loads a matrix, with or without what adapters add to it.</param>
/// <param name="loader">Loads the biases.</param>
internal sealed unsafe class GatedNetwork(
    GatedLayout layout, Func<WeightDeclaration, WeightMatrix> load, WeightLoader loader) : FeedForward
{
    /// <summary>The activated branch, <c>[f × d]</c>.</summary>
    public WeightMatrix Gate { get; } = load(layout.Gate);

    /// <summary>The linear branch, <c>[f × d]</c>.</summary>
    public WeightMatrix Up { get; } = load(layout.Up);

    /// <summary>Back to the model width, <c>[d × f]</c>.</summary>
    public WeightMatrix Down { get; } = load(layout.Down);

    /// <summary><c>[f]</c>; null for none, as the other two.</summary>
    public float* GateBias { get; } = loader.Vector(layout.GateBias);

    /// <summary><c>[f]</c>.</summary>
    public float* UpBias { get; } = loader.Vector(layout.UpBias);

    /// <summary><c>[d]</c>.</summary>
    public float* DownBias { get; } = loader.Vector(layout.DownBias);

    public override void Apply(
        WorkerPool pool, DecoderWorkspace w, delegate*<Span<float>, ReadOnlySpan<float>, void> activation, float* y, bool add)
    {
        int rows = w.Schedule.Rows;
        w.Project(pool, w.Normalized, [new(Gate, GateBias, w.FeedForwardGate), new(Up, UpBias, w.FeedForwardUp)]);
        Activations.Gate(pool, activation, w.FeedForwardGate, w.FeedForwardUp, rows, Gate.Rows);
        w.Project(pool, w.FeedForwardGate, [new(Down, DownBias, y, add)]);
    }
}

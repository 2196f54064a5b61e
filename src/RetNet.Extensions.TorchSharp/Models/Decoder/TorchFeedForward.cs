using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.TorchSharp.Kernels;

namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>The feed-forward network F of a block, for inference and for training: one gated network, or experts.</summary>
internal abstract class TorchFeedForward
{
    /// <summary>Takes the weights of a layout.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="matrix">Gives matrices of the same number of columns as one, the first above the others.</param>
    /// <param name="bias">Gives biases as one, in order; null for none.</param>
    /// <param name="unrounded">Gives one weight in float32; null for none.</param>
    public static TorchFeedForward Load(
        FeedForwardLayout layout, Func<WeightDeclaration[], Tensor> matrix, Func<WeightDeclaration[], Tensor?> bias,
        Func<WeightDeclaration[], Tensor?> unrounded) => layout switch
        {
            GatedLayout gated => new TorchGatedNetwork(gated, matrix, bias),
            ExpertsLayout experts => new TorchExpertNetwork(experts, matrix, bias, unrounded),
            _ => throw new ArgumentException($"A feed-forward network is a {layout.GetType().Name}; expected one that has weights here."),
        };

    /// <summary>F(n).</summary>
    /// <param name="n"><c>[rows × d]</c>.</param>
    /// <param name="type">The type of the products.</param>
    /// <param name="activate">gate and up to act(gate) ⊙ up.</param>
    /// <returns><c>[rows × d]</c>.</returns>
    public abstract Tensor Apply(Tensor n, torch.ScalarType type, Func<Tensor, Tensor, Tensor> activate);

    /// <summary>x Wᵀ + b in a type.</summary>
    protected static Tensor Linear(Tensor x, Tensor weight, Tensor? bias, torch.ScalarType type) =>
        TorchMath.Linear(x.to(type), weight.to(type), bias?.to(type));
}

/// <summary><c>F(n) = W_down ( act(W_gate n) ⊙ W_up n )</c>. Model width d, inner width f.</summary>
internal sealed class TorchGatedNetwork(
    GatedLayout layout, Func<WeightDeclaration[], Tensor> matrix, Func<WeightDeclaration[], Tensor?> bias) : TorchFeedForward
{
    /// <summary>The activated branch above the linear one, <c>[2f × d]</c>: one product serves both.</summary>
    public Tensor GateUp { get; } = matrix(layout.GateUp.Weights);

    private readonly Tensor? _gateUpBias = bias(layout.GateUp.Biases);

    /// <summary>Back to the model width, <c>[d × f]</c>.</summary>
    public Tensor Down { get; } = matrix(layout.Output.Weights);

    private readonly Tensor? _downBias = bias(layout.Output.Biases);

    public override Tensor Apply(Tensor n, torch.ScalarType type, Func<Tensor, Tensor, Tensor> activate)
    {
        Tensor[] branches = Linear(n, GateUp, _gateUpBias, type).chunk(2, -1);
        return Linear(activate(branches[0], branches[1]), Down, _downBias, type);
    }
}

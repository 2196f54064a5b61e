using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>What a model consists of: the parameters of its layout and the layers over them. A family adds how its blocks mix
/// tokens.</summary>
internal abstract class TrainableParts : IDisposable
{
    /// <summary>Reserves the memory of all parameters.</summary>
    /// <param name="layout">The weights.</param>
    /// <param name="initialization">How they are drawn.</param>
    /// <param name="rotations">The rotary embeddings that the blocks use.</param>
    /// <param name="settings">Norms, factors and caps.</param>
    /// <param name="embeddingScale">Factor of the embedding.</param>
    protected TrainableParts(
        DecoderLayout layout, InitializationOptions initialization, RotaryTable[] rotations, DecoderSettings settings,
        float embeddingScale)
    {
        (Settings, Rotations) = (settings, rotations);
        Width = layout.Embedding.Shape[1];
        VocabularySize = layout.Embedding.Shape[0];
        Store = new ParameterStore(initialization.Apply(layout));
        Buffers = new ParameterStore(layout.Buffers);
        Scratch = new TrainingScratch(
            Width, layout.Layers.Max(layer => Math.Max(layer.Output.Inputs, layer.FeedForward.Width)),
            layout.Layers.Max(layer => Math.Max(layer.Projections.Outputs, 2 * layer.FeedForward.Width)));
        Embedding = new EmbeddingLayer(Store[layout.Embedding], Width, embeddingScale, OptionalNorm(layout.EmbeddingNorm));
        FinalNorm = Norm(layout.FinalNorm);
        Head = Store[layout.Head];
    }

    public int Width { get; }

    public int VocabularySize { get; }

    public ParameterStore Store { get; }

    /// <summary>Tensors that are saved but not trained.</summary>
    public ParameterStore Buffers { get; }

    public EmbeddingLayer Embedding { get; }

    public abstract IReadOnlyList<TrainableBlock> Blocks { get; }

    public NormLayer FinalNorm { get; }

    /// <summary>W_lm, <c>[vocabulary × d]</c>; the embedding when they are tied.</summary>
    public Parameter Head { get; }

    /// <summary>The rotary embeddings that the blocks use.</summary>
    public RotaryTable[] Rotations { get; }

    /// <summary>Norms, factors and caps.</summary>
    public DecoderSettings Settings { get; }

    public TrainingScratch Scratch { get; }

    /// <summary>Values that one layer remembers of a sequence; 0 where they grow with the sequence.</summary>
    public virtual long StateValuesPerLayer => 0;

    /// <summary>Writes config.json.</summary>
    public abstract ModelConfiguration Configuration { get; }

    public void Dispose()
    {
        foreach (TrainableBlock block in Blocks)
        {
            block.Mixing.Dispose();
            block.FeedForward.Dispose();
        }

        Embedding.Dispose();
        FinalNorm.Dispose();
        Scratch.Dispose();
        Store.Dispose();
        Buffers.Dispose();
    }

    /// <summary>Copies the values of all parameters, and of all buffers if need be, from a checkpoint; the parts are disposed where that
    /// fails.</summary>
    protected void Load(CheckpointWeights weights, bool withBuffers)
    {
        try
        {
            Store.Load(weights);
            if (withBuffers)
                Buffers.Load(weights);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The dropout's place in the first half of a block; the second half's follows it.</summary>
    private static int Place(int layer) => 1 + (2 * layer);

    protected NormLayer Norm(WeightDeclaration weight) => new(Store[weight], weight.Shape[0], Settings.NormEpsilon, weight.Added);

    protected NormLayer? OptionalNorm(WeightDeclaration? weight) => weight is null ? null : Norm(weight);

    protected LinearLayer Linear(LinearDeclaration linear) =>
        new(Store[linear.Weights[0]], linear.Outputs, linear.Inputs, linear.Biases is [WeightDeclaration first, ..] ? Store[first] : null);

    /// <summary>What surrounds the first half of a block.</summary>
    protected HalfBlock Mixing(DecoderLayerLayout layout, int layer) => Half(layout.MixingNorm, layout.MixingOutputNorm, Place(layer));

    /// <summary>The second half of a block.</summary>
    protected FeedForwardLayer FeedForward(DecoderLayerLayout layout, GateFunction gate, int layer) => new(
        Half(layout.FeedForwardNorm, layout.FeedForwardOutputNorm, Place(layer) + 1), Network(layout.FeedForward, gate), Scratch);

    private HalfBlock Half(WeightDeclaration norm, WeightDeclaration? outputNorm, int place) => Settings.Norms == NormPlacement.After
        ? new(null, Norm(norm), Settings.ResidualScale, Width, place, Scratch)
        : new(Norm(norm), OptionalNorm(outputNorm), Settings.ResidualScale, Width, place, Scratch);

    private NetworkLayer Network(FeedForwardLayout layout, GateFunction gate) => layout switch
    {
        GatedLayout gated => Gated(gated, gate),
        ExpertsLayout experts => new ExpertNetworkLayer(
            experts.Options, Linear(experts.Router), experts.SelectionBias is { } bias ? Buffers[bias] : null,
            [.. experts.Experts.Select(Expert)], Shared(experts, gate), gate, Width),
        _ => throw new ArgumentException($"A feed-forward network is a {layout.GetType().Name}; expected one that is trained here."),
    };

    private GatedNetworkLayer Gated(GatedLayout layout, GateFunction gate) =>
        new(Linear(layout.GateUp), Linear(layout.Output), layout.Width, gate, Scratch);

    private SharedExpertLayer? Shared(ExpertsLayout layout, GateFunction gate) => layout.Shared is not { } shared
        ? null
        : new(Gated(shared, gate), layout.SharedGate is { } weight ? Linear(new([weight])) : null, Width);

    private ExpertLayer Expert(GatedLayout layout) => new(Linear(layout.GateUp), Linear(layout.Output));
}

/// <summary>One block of a decoder.</summary>
internal sealed record TrainableBlock(MixingLayer Mixing, FeedForwardLayer FeedForward);

/// <summary>The first half of a block, <c>x ← x + Mix(n1(x))</c>: retention or attention, the only place where tokens see each
/// other.</summary>
internal abstract unsafe class MixingLayer : IDisposable
{
    /// <summary><c>y = x + Mix(n1(x))</c>, keeping what the backward pass needs.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="x"><c>[rows × d]</c>; lives until the backward pass.</param>
    /// <param name="y"><c>[rows × d]</c>.</param>
    public abstract void Forward(TrainingPass pass, float* x, float* y);

    /// <summary>Turns the gradient of y into that of x, and adds to the weights' gradients.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="gradient"><c>[rows × d]</c>, in place.</param>
    public abstract void Backward(TrainingPass pass, float* x, float* gradient);

    public abstract void Dispose();
}

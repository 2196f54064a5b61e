using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.RetNet;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The layers of a RetNet over its parameters.</summary>
internal sealed class RetNetTrainableParts : TrainableParts
{
    private RetNetTrainableParts(
        RetNetConfiguration c, RetNetLayout layout, InitializationOptions initialization, RetNetBuffers buffers)
        : base(layout, initialization, [new RotaryTable(_ => buffers.Frequencies)], new DecoderSettings(c.NormEpsilon), c.EmbeddingScale)
    {
        (Configuration, Layout, LogDecay) = (c, layout, buffers.LogDecay);
        Blocks = [.. layout.Layers.Select(Block)];
        if (layout.Buffers.Count == 0)
            return;
        for (int i = 0; i < c.KeyWidth; i++)
            Buffers[layout.Angle].Values[i] = buffers.Frequencies[i / 2];
        LogDecay.CopyTo(Buffers[layout.Decay].Values);
    }

    public override RetNetConfiguration Configuration { get; }

    /// <summary>The weights' names, shapes and places.</summary>
    public RetNetLayout Layout { get; }

    public override IReadOnlyList<TrainableBlock> Blocks { get; }

    /// <summary>ln γ of each head.</summary>
    public float[] LogDecay { get; }

    public override long StateValuesPerLayer => (long)Configuration.Heads * Configuration.KeyWidth * Configuration.ValueWidth;

    /// <summary>A model whose weights are not drawn yet.</summary>
    public static RetNetTrainableParts Create(RetNetConfiguration c, InitializationOptions initialization) =>
        new(c, new RetNetLayout(c), initialization, RetNetBuffers.Compute(c));

    /// <exception cref="CheckpointException">A tensor is missing, of another shape or type, or not part of the model.</exception>
    public static RetNetTrainableParts Load(Checkpoint checkpoint)
    {
        RetNetConfiguration c = RetNetConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
        RetNetLayout layout = new(c);
        CheckpointWeights weights = new(layout, checkpoint);
        RetNetTrainableParts parts = new(c, layout, InitializationOptions.Default, RetNetBuffers.Read(c, layout, weights.Buffer));
        parts.Load(weights, withBuffers: false);
        return parts;
    }

    private TrainableBlock Block(RetNetLayerLayout layout, int layer)
    {
        RetNetConfiguration c = Configuration;
        NormLayer headNorm = OptionalNorm(layout.HeadNorm) ?? new NormLayer(weight: null, c.ValueWidth, c.NormEpsilon);
        RetentionLayer retention = new(
            c, layer, LogDecay, Mixing(layout, layer), Linear(layout.Projections), headNorm, Linear(layout.Output), Scratch);
        GateFunction gate = c.Activation switch
        {
            RetNetActivation.Gelu => GateFunction.Gelu,
            RetNetActivation.Relu => GateFunction.Relu,
            _ => GateFunction.Silu,
        };
        return new TrainableBlock(retention, FeedForward(layout, gate, layer));
    }
}

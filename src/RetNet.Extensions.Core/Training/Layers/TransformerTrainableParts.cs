using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Models.Transformer.Rotations;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The layers of a decoder of the Llama family over its parameters.</summary>
internal sealed class TransformerTrainableParts : TrainableParts
{
    private TransformerTrainableParts(TransformerConfiguration c, TransformerLayout layout, InitializationOptions initialization)
        : base(layout, initialization, Tables(c), c.Settings, c.EmbeddingScale)
    {
        (Configuration, Layout) = (c, layout);
        Blocks = [.. layout.Layers.Select(Block)];
    }

    public override TransformerConfiguration Configuration { get; }

    /// <summary>The weights' names, shapes and places.</summary>
    public TransformerLayout Layout { get; }

    public override IReadOnlyList<TrainableBlock> Blocks { get; }

    /// <summary>A model whose weights are not drawn yet.</summary>
    public static TransformerTrainableParts Create(TransformerConfiguration c, InitializationOptions initialization) =>
        new(c, new TransformerLayout(c), initialization);

    /// <exception cref="CheckpointException">A tensor is missing, of another shape or type, or not part of the model.</exception>
    public static TransformerTrainableParts Load(Checkpoint checkpoint)
    {
        TransformerConfiguration c = TransformerConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
        TransformerLayout layout = new(c);
        CheckpointWeights weights = new(layout, checkpoint);
        TransformerTrainableParts parts = new(c, layout, InitializationOptions.Default);
        parts.Load(weights, withBuffers: true);
        return parts;
    }

    private TrainableBlock Block(TransformerLayerLayout layout, int layer)
    {
        AttentionLayer attention = new(
            Configuration, layer, Mixing(layout, layer), Linear(layout.Projections),
            OptionalNorm(layout.QueryNorm), OptionalNorm(layout.KeyNorm),
            layout.Sinks is null ? null : Store[layout.Sinks], Linear(layout.Output), Scratch);
        GateFunction gate = Configuration.Activation switch
        {
            FeedForwardActivation.Silu => GateFunction.Silu,
            FeedForwardActivation.GeluTanh => GateFunction.GeluTanh,
            _ => GateFunction.ClampedSwiglu,
        };
        return new TrainableBlock(attention, FeedForward(layout, gate, layer));
    }

    /// <summary>By the number of their <see cref="LayerRotation"/>.</summary>
    private static RotaryTable[] Tables(TransformerConfiguration c)
    {
        return c.LayerRotations.Contains(LayerRotation.Local)
            ? [Table(LayerRotation.Global), Table(LayerRotation.Local)]
            : [Table(LayerRotation.Global)];

        RotaryTable Table(LayerRotation rotation)
        {
            float[] usual = c.ComputeRotaryFrequencies(rotation, 1);
            return new(
                length => length > c.LengthOfRotarySwitch ? c.ComputeRotaryFrequencies(rotation, length) : usual, c.RotaryFactor(rotation));
        }
    }
}

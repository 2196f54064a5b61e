using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Experts;
using RetNet.Extensions.Core.Models.Transformer.Experts;
using RetNet.Extensions.Core.Models.Transformer.Rotations;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Dimensions and settings of a decoder of the Llama family: what tells its members apart is data here.</summary>
/// <remarks><see cref="Parse"/> checks every value; a value that is set in code is not checked again. A setting that is not required is
/// Llama's where it is left out. Record equality compares the lists by reference.</remarks>
[Experimental("RETNET001")]
public sealed record TransformerConfiguration : ModelConfiguration
{
    /// <summary>The configuration's model_type, such as llama.</summary>
    public required string ModelType { get; init; }

    /// <summary>Model width d.</summary>
    public required int Width { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Number of key and value heads, a divisor of <see cref="Heads"/>: consecutive query heads share one.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of a query, key or value per head; even.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>Width of the feed-forward network's inner layer.</summary>
    public required int FeedForwardWidth { get; init; }

    /// <summary>Epsilon of every RMS norm.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Base of the rotary frequencies.</summary>
    public required double RopeTheta { get; init; }

    /// <summary>Scaling of the rotary frequencies, or null for none.</summary>
    internal RotaryScaling? RotaryScaling { get; init; }

    /// <summary>Whether the projections to queries, keys and values have biases.</summary>
    public required bool QueryKeyValueBias { get; init; }

    /// <summary>Whether the attention's output projection has a bias.</summary>
    public required bool OutputBias { get; init; }

    /// <summary>The norm of queries and keys.</summary>
    public required QueryKeyNorm QueryKeyNorm { get; init; }

    /// <summary>Whether the output projection is the embedding matrix.</summary>
    public required bool TieEmbeddings { get; init; }

    /// <summary>Number of tokens in the vocabulary.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Length that the model was trained for, in tokens. For information.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Per layer, the number of keys that a query sees, its own included; null for all. As long as <see cref="Layers"/>.</summary>
    public required IReadOnlyList<int?> SlidingWindows { get; init; }

    /// <summary>Factor of the embedding, 1 by default: √d of Gemma, embedding_multiplier of Granite.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>Factor of what each half of a block adds, 1 by default: residual_multiplier of Granite.</summary>
    public float ResidualScale { get; init; } = 1;

    /// <summary>Factor of the logits, 1 by default: 1 / logits_scaling of Granite.</summary>
    public float LogitScale { get; init; } = 1;

    /// <summary>Bounds the logits to cap · tanh(x / cap); null, the default, for none.</summary>
    public float? LogitSoftCap { get; init; }

    /// <summary>Bounds the attention's scores to cap · tanh(x / cap) before the softmax; null, the default, for none.</summary>
    public float? AttentionSoftCap { get; init; }

    /// <summary>Factor of the attention's scores; <see cref="HeadWidth"/>^−½ where it is 0, the default.</summary>
    public float AttentionScale
    {
        get => field == 0 ? 1 / MathF.Sqrt(HeadWidth) : field;
        init;
    }

    /// <summary>The activation of the feed-forward network, silu by default.</summary>
    public FeedForwardActivation Activation { get; init; }

    /// <summary>Where a block normalises, before its halves by default.</summary>
    public NormPlacement NormPlacement { get; init; }

    /// <summary>Whether a checkpoint stores the weights of norms minus one, as Gemma's do; false by default.</summary>
    public bool NormAddsOne { get; init; }

    /// <summary>Values of a head that are rotated, from the first on; all of <see cref="HeadWidth"/> where it is 0, the default.</summary>
    public int RotaryWidth
    {
        get => field == 0 ? HeadWidth : field;
        init;
    }

    /// <summary>Whether values 2i and 2i + 1 of a head are rotated together, as in GLM 4 and ERNIE 4.5; false, the default, for values i
    /// and i + <see cref="RotaryWidth"/> / 2.</summary>
    public bool RotatesNeighbours { get; init; }

    /// <summary>Base of the rotary frequencies of layers with <see cref="LayerRotation.Local"/>.</summary>
    public double LocalRopeTheta { get; init; } = 10_000;

    /// <summary>Per layer, its rotary embedding; empty, the default, where every layer has <see cref="LayerRotation.Global"/>.</summary>
    public IReadOnlyList<LayerRotation> LayerRotations { get; init; } = [];

    /// <summary>β of the factor 1 + β ln(1 + ⌊position / <see cref="QueryGrowthLength"/>⌋) of queries: llama_4_scaling_beta of Ministral 3.
    /// 0, the default, for none.</summary>
    public float QueryGrowth { get; init; }

    /// <summary>Positions after which queries grow by <see cref="QueryGrowth"/>.</summary>
    public int QueryGrowthLength { get; init; } = int.MaxValue;

    /// <summary>Whether W_q, W_k and W_v are one tensor in a checkpoint, as Phi 3 has them; false by default.</summary>
    public bool MergedProjections { get; init; }

    /// <summary>Whether W_gate and W_up are one tensor in a checkpoint, as Phi 3 and GLM 4 have them; false by default.</summary>
    public bool MergedBranches { get; init; }

    /// <summary>Whether the softmax of each head has one more logit, a weight, whose share no value gets (gpt-oss); false by
    /// default.</summary>
    public bool AttentionSinks { get; init; }

    /// <summary>The experts of the feed-forward networks; null, the default, for a gated network in every block.</summary>
    public ExpertOptions? Experts { get; init; }

    /// <summary>The names of the tensors in the checkpoint; null for those of Llama.</summary>
    internal TensorNaming? Naming { get; init; }

    /// <summary>Whether there is a head, tied or not: config.json does not say it, the checkpoint's tensors do.</summary>
    internal bool HasHead { get; init; } = true;

    /// <summary>Whether the checkpoint holds other parts beside this Transformer, which are not read.</summary>
    internal bool IsPart { get; init; }

    /// <inheritdoc/>
    public override string Architecture => ModelType;

    /// <inheritdoc/>
    public override string StateShape => $"{ModelType} {Layers}x{KeyValueHeads}x{HeadWidth}";

    /// <summary>Number of keys that a query of a layer sees, its own included.</summary>
    /// <param name="layer">Layer, from 0.</param>
    /// <returns>The window, or null where all keys are seen.</returns>
    public int? SlidingWindow(int layer) => SlidingWindows[layer];

    /// <summary>The experts of a layer.</summary>
    /// <param name="layer">Layer, from 0.</param>
    /// <returns>Null where the layer has a gated network of width <see cref="FeedForwardWidth"/>.</returns>
    public ExpertOptions? ExpertsOf(int layer) => Experts is { } experts && !experts.DenseLayers.Contains(layer) ? experts : null;

    /// <summary>The experts of the layers that have some; null where none has, whatever the configuration says of them.</summary>
    internal ExpertOptions? UsedExperts =>
        Enumerable.Range(0, Layers).Select(ExpertsOf).FirstOrDefault(experts => experts is not null);

    /// <summary>The rotary embedding of a layer.</summary>
    /// <param name="layer">Layer, from 0.</param>
    /// <returns>Which one.</returns>
    public LayerRotation Rotation(int layer) => LayerRotations.Count == 0 ? LayerRotation.Global : LayerRotations[layer];

    /// <summary>Reads a configuration as transformers 4 or 5 writes it.</summary>
    /// <param name="config">Contents of config.json.</param>
    /// <param name="file">Its path, for messages.</param>
    /// <returns>The checked configuration.</returns>
    /// <exception cref="CheckpointException">It is no Transformer of the family, an option is missing or out of range, or an option is set
    /// that is not supported.</exception>
    public static TransformerConfiguration Parse(JsonElement config, string file)
    {
        ConfigurationReader options = new(config, file);
        return TransformerArchitecture.ReadAny(options);
    }

    /// <summary>Reads the configuration of a checkpoint that is computed and not trained: it need not have a head.</summary>
    /// <exception cref="CheckpointException">As for <see cref="Parse"/>.</exception>
    public static TransformerConfiguration ReadForInference(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        TransformerConfiguration c = Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
        return c with { HasHead = TransformerLayout.HasHeadIn(checkpoint, c) };
    }

    /// <summary>The configuration of a new Llama: 4 d² parameters of attention, and a feed-forward network with about 8 d².</summary>
    /// <param name="shape">The dimensions.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="ArgumentException">A dimension is out of range, or heads would have no even width.</exception>
    public static TransformerConfiguration Create(ModelShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        shape.Check();
        return new TransformerConfiguration
        {
            ModelType = "llama",
            Width = shape.Width,
            Layers = shape.Layers,
            Heads = shape.Heads,
            KeyValueHeads = shape.Heads,
            HeadWidth = shape.HeadWidth,
            FeedForwardWidth = 2 * shape.NarrowFeedForward,
            NormEpsilon = 1e-6f,
            RopeTheta = 10_000,
            QueryKeyValueBias = false,
            OutputBias = false,
            QueryKeyNorm = QueryKeyNorm.None,
            TieEmbeddings = true,
            VocabularySize = shape.VocabularySize,
            ContextLength = shape.ContextLength,
            SlidingWindows = new int?[shape.Layers],
            BosTokenId = shape.BosTokenId,
            EosTokenIds = shape.EosTokenIds,
            PadTokenId = shape.PadTokenId,
        };
    }

    /// <summary>How the halves of blocks and the head are put together.</summary>
    internal DecoderSettings Settings => new(NormEpsilon)
    {
        Norms = NormPlacement,
        ResidualScale = ResidualScale,
        LogitScale = LogitScale,
        LogitSoftCap = LogitSoftCap,
    };

    /// <summary>The properties of this family's configurations, for messages.</summary>
    internal static string Expected { get; } =
        $"model_type {string.Join(", ", TransformerArchitecture.ModelTypes.SkipLast(1))} or {TransformerArchitecture.ModelTypes.Last()}";

    /// <summary>Whether a configuration is one of this family.</summary>
    internal static bool Describes(ConfigurationReader options) => TransformerArchitecture.Describes(options);

    /// <summary>The rotary angle per position of each pair of a head's values.</summary>
    /// <returns><c>[rotary width / 2]</c>, in radians.</returns>
    public float[] ComputeRotaryFrequencies() => ComputeRotaryFrequencies(LayerRotation.Global);

    /// <summary>The rotary angle per position of each pair of a head's values, in one of the model's embeddings.</summary>
    /// <param name="rotation">Which embedding.</param>
    /// <param name="length">Tokens of the sequence, on which the frequencies of some scalings depend; 0 for a short one.</param>
    /// <returns><c>[rotary width / 2]</c>, in radians; zeros for <see cref="LayerRotation.None"/>.</returns>
    public float[] ComputeRotaryFrequencies(LayerRotation rotation, long length = 0)
    {
        float[] frequencies = new float[RotaryWidth / 2];
        if (rotation == LayerRotation.Global)
            RotaryFrequencies.Fill(RopeTheta, RotaryScaling, length, frequencies);
        else if (rotation == LayerRotation.Local)
            RotaryFrequencies.Fill(LocalRopeTheta, null, length, frequencies);
        return frequencies;
    }

    /// <summary>Factor of the cosines and sines of an embedding: above 1 for YaRN and LongRoPE, otherwise 1.</summary>
    /// <param name="rotation">Which embedding.</param>
    /// <returns>The factor.</returns>
    public float RotaryFactor(LayerRotation rotation) =>
        rotation == LayerRotation.Global ? RotaryScaling?.AttentionFactor ?? 1 : 1;

    /// <summary>The number of tokens beyond which the rotary frequencies are others (LongRoPE, dynamic scaling); null where they do not
    /// depend on the length.</summary>
    public int? LengthOfRotarySwitch => RotaryScaling?.LengthOfSwitch;

    /// <inheritdoc/>
    internal override IEnumerable<TensorSource> Arrange(IEnumerable<TensorSource> tensors) =>
        Experts is null ? tensors : JoinedExperts.Arrange(new TransformerLayout(this), tensors);

    /// <inheritdoc/>
    internal override ModelConfiguration ForLength(int tokens) =>
        RotaryScaling is null && tokens > ContextLength ? this with { ContextLength = tokens } : this;

    /// <inheritdoc/>
    public override string ToJson() => TransformerConfigurationWriter.Write(this);
}

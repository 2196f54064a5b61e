using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Dimensions and settings of a decoder of the Llama family: Llama, Mistral, Qwen2, Qwen3.</summary>
/// <remarks><see cref="Parse"/> checks every value; a value that is set in code is not checked again. Record equality compares the lists by
/// reference.</remarks>
[Experimental("RETNET001")]
public sealed record TransformerConfiguration : ModelConfiguration
{
    /// <summary>The configuration's model_type: llama, mistral, qwen2 or qwen3.</summary>
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

    /// <summary>Whether each head's query and key pass an RMS norm with weight [head width] before rotation.</summary>
    public required bool QueryKeyNorm { get; init; }

    /// <summary>Whether the output projection is the embedding matrix.</summary>
    public required bool TieEmbeddings { get; init; }

    /// <summary>Number of tokens in the vocabulary.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Length that the model was trained for, in tokens. For information.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Per layer, the number of keys that a query sees, its own included; null for all. As long as <see cref="Layers"/>.</summary>
    public required IReadOnlyList<int?> SlidingWindows { get; init; }

    /// <inheritdoc/>
    public override string Architecture => ModelType;

    /// <inheritdoc/>
    public override string StateShape => $"{ModelType} {Layers}x{KeyValueHeads}x{HeadWidth}";

    /// <summary>Number of keys that a query of a layer sees, its own included.</summary>
    /// <param name="layer">Layer, from 0.</param>
    /// <returns>The window, or null where all keys are seen.</returns>
    public int? SlidingWindow(int layer) => SlidingWindows[layer];

    /// <summary>Reads a configuration as transformers 4 or 5 writes it.</summary>
    /// <param name="config">Contents of config.json.</param>
    /// <param name="file">Its path, for messages.</param>
    /// <returns>The checked configuration.</returns>
    /// <exception cref="CheckpointException">It is no Transformer of the family, an option is missing or out of range, or an option is set
    /// that is not supported.</exception>
    public static TransformerConfiguration Parse(JsonElement config, string file)
    {
        ConfigurationReader options = new(config, file);
        return Describes(options) ? TransformerConfigurationReader.Read(options) : throw options.TextFault("model_type", Expected);
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
            QueryKeyNorm = false,
            TieEmbeddings = true,
            VocabularySize = shape.VocabularySize,
            ContextLength = shape.ContextLength,
            SlidingWindows = new int?[shape.Layers],
            BosTokenId = shape.BosTokenId,
            EosTokenIds = shape.EosTokenIds,
            PadTokenId = shape.PadTokenId,
        };
    }

    /// <summary>The properties of this family's configurations, for messages.</summary>
    internal const string Expected = "model_type llama, mistral, qwen2 or qwen3";

    /// <summary>Whether a configuration is one of this family.</summary>
    internal static bool Describes(ConfigurationReader options) =>
        options.OptionalText("model_type") is "llama" or "mistral" or "qwen2" or "qwen3";

    /// <summary>The rotary angle per position of each pair of a head's values.</summary>
    /// <returns><c>[head width / 2]</c>, in radians.</returns>
    public float[] ComputeRotaryFrequencies() => RotaryFrequencies.Compute(this);

    /// <inheritdoc/>
    public override string ToJson() => TransformerConfigurationWriter.Write(this);
}

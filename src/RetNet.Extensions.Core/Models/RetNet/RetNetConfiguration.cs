using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>Dimensions and settings of a RetNet, the same for both dialects.</summary>
/// <remarks><see cref="Parse"/> checks every value; a value that is set in code is not checked again. Record equality compares the lists by
/// reference.</remarks>
[Experimental("RETNET001")]
public sealed record RetNetConfiguration : ModelConfiguration
{
    /// <summary>The implementation whose conventions the checkpoint follows.</summary>
    public required RetNetDialect Dialect { get; init; }

    /// <summary>Model width d.</summary>
    public required int Width { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of retention heads H; head h decays by 1 − 2^(−5−h).</summary>
    public required int Heads { get; init; }

    /// <summary>Number of key and value heads, a divisor of <see cref="Heads"/>: consecutive query heads share one.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width dk of a query or key per head; even.</summary>
    public required int KeyWidth { get; init; }

    /// <summary>Width dv of a value per head.</summary>
    public required int ValueWidth { get; init; }

    /// <summary>Width of the feed-forward network's inner layer.</summary>
    public required int FeedForwardWidth { get; init; }

    /// <summary>Activation of the feed-forward network.</summary>
    public required RetNetActivation Activation { get; init; }

    /// <summary>Whether the retention output is gated by silu(W_g x).</summary>
    public required bool UseOutputGate { get; init; }

    /// <summary>fla's fuse_norm: together with the output gate it names the head norm g_norm_swish_gate instead of g_norm. Same
    /// mathematics.</summary>
    public required bool FuseNorm { get; init; }

    /// <summary>Whether the head norm has a weight [dv], shared by all heads.</summary>
    public required bool HeadNormHasWeight { get; init; }

    /// <summary>Epsilon of every RMS norm.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Factor of the embedding: 1, or √d.</summary>
    public required float EmbeddingScale { get; init; }

    /// <summary>Whether an RMS norm with weight follows the embedding.</summary>
    public required bool EmbeddingNorm { get; init; }

    /// <summary>Whether the output projection is the embedding matrix.</summary>
    public required bool TieEmbeddings { get; init; }

    /// <summary>Number of tokens in the vocabulary.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Chunk length of the chunkwise form, in tokens. In the TorchScale dialect it is part of the mathematics; fla's kernels use
    /// 64.</summary>
    public required int ChunkSize { get; init; }

    /// <summary>Length that the model was trained for, in tokens. For information: a RetNet has no limit.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Reads the configuration of a RetNet of either dialect.</summary>
    /// <param name="config">Contents of config.json.</param>
    /// <param name="file">Its path, for messages.</param>
    /// <returns>The checked configuration.</returns>
    /// <exception cref="CheckpointException">It is no RetNet, an option is missing or out of range, or an option is set that is not
    /// supported.</exception>
    public static RetNetConfiguration Parse(JsonElement config, string file)
    {
        ConfigurationReader options = new(config, file);
        return DialectOf(options) switch
        {
            RetNetDialect.Fla => RetNetConfigurationReader.ReadFla(options),
            RetNetDialect.TorchScale => RetNetConfigurationReader.ReadTorchScale(options),
            _ => throw options.TextFault("model_type", Expected),
        };
    }

    /// <summary>The configuration of a new RetNet in the dialect of fla with its defaults: values twice as wide as keys (8 d² parameters
    /// of retention), and a feed-forward network with the other 4 d².</summary>
    /// <param name="shape">The dimensions.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="ArgumentException">A dimension is out of range, or heads would have no even width.</exception>
    public static RetNetConfiguration Create(ModelShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        shape.Check();
        return new RetNetConfiguration
        {
            Dialect = RetNetDialect.Fla,
            Width = shape.Width,
            Layers = shape.Layers,
            Heads = shape.Heads,
            KeyValueHeads = shape.Heads,
            KeyWidth = shape.HeadWidth,
            ValueWidth = 2 * shape.HeadWidth,
            FeedForwardWidth = shape.NarrowFeedForward,
            Activation = RetNetActivation.Swish,
            UseOutputGate = true,
            FuseNorm = true,
            HeadNormHasWeight = true,
            NormEpsilon = 1e-6f,
            EmbeddingScale = 1,
            EmbeddingNorm = false,
            TieEmbeddings = true,
            VocabularySize = shape.VocabularySize,
            ChunkSize = RetNetConfigurationReader.FlaChunkSize,
            ContextLength = shape.ContextLength,
            BosTokenId = shape.BosTokenId,
            EosTokenIds = shape.EosTokenIds,
            PadTokenId = shape.PadTokenId,
        };
    }

    /// <summary>The properties of this family's configurations, for messages.</summary>
    internal const string Expected = "model_type retnet, or a torchscale RetNet (decoder_embed_dim without model_type)";

    /// <summary>The dialect that a configuration is written in; null if it is no RetNet's.</summary>
    internal static RetNetDialect? DialectOf(ConfigurationReader options) => options.OptionalText("model_type") switch
    {
        "retnet" => RetNetDialect.Fla,
        null when options.Contains("decoder_embed_dim") => RetNetDialect.TorchScale,
        _ => null,
    };

    /// <inheritdoc/>
    public override string Architecture => $"retnet ({DialectName})";

    /// <inheritdoc/>
    public override string StateShape => $"retnet {DialectName} {Layers}x{Heads}x{KeyWidth}x{ValueWidth}";

    private string DialectName => Dialect == RetNetDialect.Fla ? "fla" : "torchscale";

    /// <summary>The divisor of a form's rows before the head norm.</summary>
    /// <param name="form">The form.</param>
    /// <returns>The divisor of this dialect.</returns>
    public RetentionScaling ScalingOf(RetentionForm form) => (Dialect, form) switch
    {
        (RetNetDialect.Fla, _) => RetentionScaling.None,
        (_, RetentionForm.Parallel) => RetentionScaling.TorchScaleParallel,
        (_, RetentionForm.Chunkwise) => RetentionScaling.TorchScaleChunkwise,
        _ => RetentionScaling.Recurrent,
    };

    /// <inheritdoc/>
    internal override ModelConfiguration ForLength(int tokens) =>
        tokens > ContextLength ? this with { ContextLength = tokens } : this;

    /// <inheritdoc/>
    public override string ToJson() => RetNetConfigurationWriter.Write(this);
}

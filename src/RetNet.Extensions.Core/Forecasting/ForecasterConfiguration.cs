using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Forecasting.Series;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.Core.Forecasting;

/// <summary>The dimensions of a forecaster: how a series becomes tokens, and the decoder that reads them.</summary>
/// <remarks>In config.json it is the decoder's configuration, with an object <c>forecasting</c> beside it.</remarks>
[Experimental("RETNET001")]
public sealed record ForecasterConfiguration
{
    private const int LongestPatch = 1024;

    /// <summary>The levels of the quantiles that are predicted: 0.1, 0.2 … 0.9.</summary>
    public static IReadOnlyList<double> Levels { get; } = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

    /// <summary>Steps from one token to the next. Default 8.</summary>
    public int PatchLength { get; init; } = 8;

    /// <summary>The last steps that a token sees as they are. Default 32.</summary>
    public int Window { get; init; } = 32;

    /// <summary>Steps that one token predicts; further ones come from tokens without observations. Default 24.</summary>
    public int Horizon { get; init; } = 24;

    /// <summary>Inner width of the network that embeds a token's values. Default 192.</summary>
    public int EmbeddingWidth { get; init; } = 192;

    /// <summary>The decoder: a RetNet or a Transformer with a vocabulary of one token.</summary>
    public required ModelConfiguration Decoder { get; init; }

    internal PatchShape Shape => new(PatchLength, Window, Horizon);

    internal int Width => Decoder switch
    {
        RetNetConfiguration c => c.Width,
        TransformerConfiguration c => c.Width,
        _ => throw new NotSupportedException($"The decoder is {Decoder.Architecture}; expected a RetNet or a Transformer."),
    };

    /// <summary>Quantiles that a token predicts: steps times levels.</summary>
    internal int Quantiles => Horizon * Levels.Count;

    /// <summary>What the network puts out for a token: the quantiles, and the weights of the naive forecasts.</summary>
    internal int Outputs => Quantiles + PatchShape.Naive;

    /// <summary>A new forecaster's dimensions.</summary>
    /// <param name="family"><c>retnet</c> or <c>llama</c>.</param>
    /// <param name="width">Model width d.</param>
    /// <param name="layers">Number of blocks.</param>
    /// <param name="heads">Number of heads.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="ArgumentException">The family is unknown, or a dimension out of range.</exception>
    public static ForecasterConfiguration Create(string family, int width, int layers, int heads)
    {
        ModelShape shape = new() { Width = width, Layers = layers, Heads = heads, VocabularySize = 1 };
        return new ForecasterConfiguration
        {
            Decoder = family switch
            {
                "retnet" => RetNetConfiguration.Create(shape),
                "llama" => TransformerConfiguration.Create(shape),
                _ => throw new ArgumentException($"The model family is '{family}'; expected retnet or llama."),
            },
        };
    }

    /// <summary>config.json.</summary>
    /// <returns>The document.</returns>
    public string ToJson()
    {
        JsonObject root = JsonNode.Parse(Decoder.ToJson())!.AsObject();
        root[ModelFamily.ForecasterSection] = new JsonObject
        {
            ["patch_length"] = PatchLength,
            ["window"] = Window,
            ["horizon"] = Horizon,
            ["embedding_size"] = EmbeddingWidth,
            ["quantile_levels"] = new JsonArray([.. Levels.Select(level => (JsonNode)level)]),
        };
        return root.ToJsonString(ConfigurationTokens.Indented);
    }

    /// <summary>Reads config.json.</summary>
    /// <param name="config">The document.</param>
    /// <param name="file">Its path, for messages.</param>
    /// <returns>The checked configuration.</returns>
    /// <exception cref="CheckpointException">It is no forecaster, or an option is missing or out of range.</exception>
    internal static ForecasterConfiguration Parse(JsonElement config, string file)
    {
        ConfigurationReader root = new(config, file);
        ConfigurationReader options = root.OptionalObject(ModelFamily.ForecasterSection)
            ?? throw root.Fault(ModelFamily.ForecasterSection, "an object: the configuration of a forecaster");
        if (!options.Numbers("quantile_levels", 0, 1).SequenceEqual(Levels))
            throw options.Fault("quantile_levels", string.Join(", ", Levels));
        ForecasterConfiguration configuration = new()
        {
            PatchLength = options.Integer("patch_length", 1, LongestPatch),
            Window = options.Integer("window", PatchShape.LagWindow, LongestPatch),
            Horizon = options.Integer("horizon", 1, LongestPatch),
            EmbeddingWidth = options.Integer("embedding_size", 1, ConfigurationReader.MaximumWidth),
            Decoder = RetNetConfiguration.DialectOf(root) is not null
                ? RetNetConfiguration.Parse(config, file)
                : TransformerConfiguration.Parse(config, file),
        };
        if (configuration.PatchLength > Math.Min(configuration.Window, configuration.Horizon))
        {
            throw options.Fault("patch_length",
                $"at most the window ({configuration.Window}) and the horizon ({configuration.Horizon})");
        }

        return configuration;
    }
}

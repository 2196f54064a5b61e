using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Experts;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Maps the options of experts that the configurations of all architectures with experts have.</summary>
internal static class ExpertOptionsReader
{
    /// <summary>Largest number of experts of a block.</summary>
    private const int MaximumCount = 1 << 12;

    private const string PerToken = "num_experts_per_tok";

    /// <summary>Reads the options.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="countOption">The option of the number of experts.</param>
    /// <param name="count">The number where it is absent.</param>
    /// <param name="perToken">num_experts_per_tok where it is absent.</param>
    /// <param name="width">Width of an expert's inner layer.</param>
    /// <exception cref="CheckpointException">An option is out of range.</exception>
    public static ExpertOptions Read(ConfigurationReader options, string countOption, int count, int perToken, int width)
    {
        count = options.OptionalInteger(countOption, 1, MaximumCount) ?? count;
        return new ExpertOptions
        {
            Count = count,
            PerToken = options.OptionalInteger(PerToken, 1, count) ?? Math.Min(perToken, count),
            Width = width,
        };
    }

    /// <summary>Writes the options.</summary>
    public static void Write(JsonObject json, string countOption, ExpertOptions experts)
    {
        json[countOption] = experts.Count;
        json[PerToken] = experts.PerToken;
    }
}

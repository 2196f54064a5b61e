using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Experts;

namespace RetNet.Extensions.Core.Models.Transformer.Experts;

/// <summary>Maps the options of experts that the configurations of all architectures with experts have.</summary>
internal static class ExpertOptionsReader
{
    /// <summary>Largest number of experts of a block.</summary>
    private const int MaximumCount = 1 << 12;

    private const string PerToken = "num_experts_per_tok";

    // Two names of the same option.
    private static readonly string[] Counts = ["num_experts", "num_local_experts"];

    /// <summary>Reads the options.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="count">num_experts, or num_local_experts, where both are absent.</param>
    /// <param name="perToken">num_experts_per_tok where it is absent.</param>
    /// <param name="width">Width of an expert's inner layer.</param>
    /// <exception cref="CheckpointException">An option is out of range.</exception>
    public static ExpertOptions Read(ConfigurationReader options, int count, int perToken, int width)
    {
        int[] counts = [.. Counts.Select(name => options.OptionalInteger(name, 1, MaximumCount)).OfType<int>().Distinct()];
        if (counts.Length > 1)
            throw options.Fault(Counts[1], $"the same number as {Counts[0]}");
        count = counts.Length == 0 ? count : counts[0];
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

using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Experts;

namespace RetNet.Extensions.Core.Models.Transformer.Experts;

/// <summary>Maps the options of experts that the configurations of all architectures with experts have.</summary>
internal static class ExpertOptionsReader
{
    /// <summary>Largest number of experts of a block.</summary>
    private const int MaximumCount = 1 << 12;

    // Names of the same option.
    private static readonly string[] Counts = ["num_experts", "num_local_experts", "moe_num_experts", "n_routed_experts"];
    private static readonly string[] PerToken = ["num_experts_per_tok", "moe_k"];

    /// <summary>Reads the options.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="count">The number of experts where it is absent.</param>
    /// <param name="perToken">The number of a token's experts where it is absent.</param>
    /// <param name="width">Width of an expert's inner layer.</param>
    /// <exception cref="CheckpointException">An option is out of range.</exception>
    public static ExpertOptions Read(ConfigurationReader options, int count, int perToken, int width)
    {
        count = One(options, Counts, MaximumCount) ?? count;
        return new ExpertOptions
        {
            Count = count,
            PerToken = One(options, PerToken, count) ?? Math.Min(perToken, count),
            Width = width,
        };
    }

    /// <summary>The width of the expert that every token passes: it is written as a number of experts.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="option">The option.</param>
    /// <param name="absent">The number where it is absent.</param>
    /// <param name="width">Width of an expert's inner layer.</param>
    /// <exception cref="CheckpointException">The option is out of range.</exception>
    public static int SharedWidth(ConfigurationReader options, string option, int absent, int width) =>
        width * (options.OptionalInteger(option, 0, ConfigurationReader.MaximumWidth / width) ?? absent);

    /// <summary>Writes the options.</summary>
    public static void Write(JsonObject json, string countOption, ExpertOptions experts, string perTokenOption = "num_experts_per_tok")
    {
        json[countOption] = experts.Count;
        json[perTokenOption] = experts.PerToken;
    }

    private static int? One(ConfigurationReader options, string[] names, int maximum)
    {
        string[] present = [.. names.Where(options.Contains)];
        int[] values = [.. present.Select(name => options.Integer(name, 1, maximum)).Distinct()];
        if (values.Length > 1)
            throw options.Fault(present[^1], $"the same number as {present[0]}");
        return values.Length == 0 ? null : values[0];
    }
}

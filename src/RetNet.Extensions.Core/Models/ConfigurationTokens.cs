using System.Text.Json;
using System.Text.Json.Nodes;

namespace RetNet.Extensions.Core.Models;

/// <summary>What both families' config.json have in common.</summary>
internal static class ConfigurationTokens
{
    public static JsonSerializerOptions Indented { get; } = new() { WriteIndented = true };

    /// <summary>eos_token_id: null, a number, or a list.</summary>
    public static JsonNode? EndOfSequence(IReadOnlyList<int> ids) => ids.Count switch
    {
        0 => null,
        1 => ids[0],
        _ => new JsonArray([.. ids.Select(id => (JsonNode)id)]),
    };
}

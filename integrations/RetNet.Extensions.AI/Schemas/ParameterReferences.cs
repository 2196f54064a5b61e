using System.Text.Json.Nodes;

namespace RetNet.Extensions.AI.Schemas;

/// <summary>References in the schemas of parameters.</summary>
/// <remarks>A kernel puts the schemas of its functions' parameters, each a document of its own, into one, and their references then lead to
/// other places or none.</remarks>
internal static class ParameterReferences
{
    /// <summary>Changes the references of a parameter that stand for places in its own schema, so that they lead there.</summary>
    /// <param name="schema">The schema of all parameters.</param>
    /// <param name="parameter">The parameter's name.</param>
    /// <param name="places">The places of its schema, by whose types it is told what a reference stands for.</param>
    public static void Lead(JsonObject schema, string parameter, IReadOnlyList<(JsonObject Place, Type Type)> places)
    {
        string root = $"/properties/{parameter}";
        foreach ((JsonObject place, Type type) in places)
        {
            if (place["$ref"]?.ToString() is ['#', .. var pointer] && !LeadsTo(type, pointer) && LeadsTo(type, root + pointer))
                place["$ref"] = $"#{root}{pointer}";
        }

        bool LeadsTo(Type type, string pointer) => Follow(schema, pointer) is { } target
            && places.Any(place => ReferenceEquals(place.Place, target) && place.Type == type);
    }

    private static JsonNode? Follow(JsonNode? node, string pointer)
    {
        foreach (string part in pointer.Split('/').Skip(1))
        {
            string name = Uri.UnescapeDataString(part)
                .Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            node = node switch
            {
                JsonObject members => members[name],
                JsonArray items when int.TryParse(name, out int index) && index >= 0 && index < items.Count => items[index],
                _ => null,
            };
        }

        return node;
    }
}

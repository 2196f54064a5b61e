using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace RetNet.Extensions.AI.Schemas.Types;

/// <summary>The places of a type's schema, each with the .NET type that it describes.</summary>
internal static class TypedPlaces
{
    /// <summary>The place of a value, and those of its items, members and derived types.</summary>
    /// <param name="node">The schema; null for none.</param>
    /// <param name="type">The type of the value.</param>
    /// <param name="options">How values are read.</param>
    public static IEnumerable<(JsonObject Place, Type Type)> Of(JsonNode? node, Type type, JsonSerializerOptions options)
    {
        if (node is not JsonObject place)
            return [];
        type = Nullable.GetUnderlyingType(type) ?? type;
        return options.TryGetTypeInfo(type, out JsonTypeInfo? info)
            ? [(place, type), .. Within(place, info).SelectMany(inner => Of(inner.Node, inner.Type, options))]
            : [(place, type)];
    }

    private static IEnumerable<(JsonNode? Node, Type Type)> Within(JsonObject place, JsonTypeInfo info)
    {
        // Schemas of derived types stand in their order, and the type itself, where it is none of them, after these. They have the members.
        if (info.PolymorphismOptions is { } derived && place["anyOf"] is JsonArray alternatives)
        {
            return alternatives.Zip(
                derived.DerivedTypes.Select(one => one.DerivedType).Append(info.Type), (alternative, one) => (alternative, one));
        }

        return info switch
        {
            { ElementType: { } element, Kind: JsonTypeInfoKind.Dictionary } => [(place["additionalProperties"], element)],
            { ElementType: { } element } => [(place["items"], element)],
            // What a converter of the application reads is not known.
            _ => info.Properties.Where(property => property.CustomConverter is null)
                .Select(property => (Member(place["properties"], property.Name), property.PropertyType)),
        };
    }

    // A kernel's function without options of its own shows others than its schema was made with, which write names in another case.
    private static JsonNode? Member(JsonNode? members, string name) => members is not JsonObject named ? null
        : named[name] ?? named.FirstOrDefault(member => member.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}

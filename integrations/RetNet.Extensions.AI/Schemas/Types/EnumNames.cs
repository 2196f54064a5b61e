using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace RetNet.Extensions.AI.Schemas.Types;

/// <summary>The names of an enum's values.</summary>
internal static class EnumNames
{
    /// <summary>The names as texts are written with them; those of the code where values are written as numbers.</summary>
    public static string[] Of(Type type, JsonSerializerOptions options)
    {
        JsonTypeInfo info = options.GetTypeInfo(type);
        string[] names = [.. Enum.GetValuesAsUnderlyingType(type).Cast<object>()
            .Select(value => JsonSerializer.SerializeToElement(Enum.ToObject(type, value), info))
            .Where(json => json.ValueKind == JsonValueKind.String)
            .Select(json => json.GetString()!)
            .Distinct()];
        return names.Length > 0 ? names : Enum.GetNames(type);
    }

    /// <summary>What a schema says of texts with one name or several, as a combination of flags is written; null for an enum without
    /// names.</summary>
    public static JsonObject? Combined(Type type, JsonSerializerOptions options)
    {
        string[] names = Of(type, options);
        if (names.Length == 0)
            return null;
        string name = $"({string.Join('|', names.Select(Regex.Escape))})";
        return new JsonObject { ["pattern"] = $"^{name}(, {name}){{0,{names.Length - 1}}}$" };
    }
}

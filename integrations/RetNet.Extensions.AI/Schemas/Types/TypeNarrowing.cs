using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Schemas.Types;

/// <summary>Keeps a type's schema to what the type reads, where it says less: an integer has the range of its type, bytes are base64, a
/// <see cref="TimeSpan"/> has hours of a day, a <see cref="TimeOnly"/> no offset.</summary>
internal static class TypeNarrowing
{
    /// <summary>The keyword of how bytes are written.</summary>
    public const string Encoding = "contentEncoding";

    private const string TimeOfDay = @"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,7})?";

    // Of the last group, the bits that no byte has are zero.
    private const string Base64 = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";

    // The largest numbers of nine digits: less than what a component may be, by very little.
    private const string Component = @"(0|[1-9]\d{0,8})";

    private static readonly Dictionary<Type, (string Least, string Most)> Ranges = new()
    {
        [typeof(sbyte)] = ($"{sbyte.MinValue}", $"{sbyte.MaxValue}"),
        [typeof(byte)] = ($"{byte.MinValue}", $"{byte.MaxValue}"),
        [typeof(short)] = ($"{short.MinValue}", $"{short.MaxValue}"),
        [typeof(ushort)] = ($"{ushort.MinValue}", $"{ushort.MaxValue}"),
        [typeof(int)] = ($"{int.MinValue}", $"{int.MaxValue}"),
        [typeof(uint)] = ($"{uint.MinValue}", $"{uint.MaxValue}"),
        [typeof(long)] = ($"{long.MinValue}", $"{long.MaxValue}"),
        [typeof(ulong)] = ($"{ulong.MinValue}", $"{ulong.MaxValue}"),
        [typeof(Int128)] = ($"{Int128.MinValue}", $"{Int128.MaxValue}"),
        [typeof(UInt128)] = ($"{UInt128.MinValue}", $"{UInt128.MaxValue}"),
        [typeof(Half)] = ("-65504", "65504"),
        [typeof(decimal)] = ($"{decimal.MinValue}", $"{decimal.MaxValue}"),
    };

    private static readonly Dictionary<Type, JsonObject> Texts = new()
    {
        [typeof(TimeSpan)] = Pattern($@"^-?([1-9]\d{{0,5}}\.)?{TimeOfDay}$"),
        [typeof(TimeOnly)] = Pattern($"^{TimeOfDay}$"),
        [typeof(Version)] = Pattern($@"^{Component}(\.{Component}){{1,3}}$"),
        // A code point beyond is two characters.
        [typeof(char)] = Pattern(@"^[\u0000-\uD7FF\uE000-\uFFFF]$"),
        [typeof(byte[])] = Bytes(),
        [typeof(Memory<byte>)] = Bytes(),
        [typeof(ReadOnlyMemory<byte>)] = Bytes(),
    };

    /// <summary>The whole numbers of a type; null for another type.</summary>
    public static (BigInteger Least, BigInteger Most)? WholeNumbers(Type type) =>
        Ranges.TryGetValue(type, out (string Least, string Most) range)
            ? (BigInteger.Parse(range.Least, null), BigInteger.Parse(range.Most, null))
            : null;

    /// <summary>Narrows the place of a text in place: what the texts of a type are like stands for the pattern that System.Text.Json
    /// writes of the type, and beside any other.</summary>
    public static void NarrowText(JsonObject place, Type type)
    {
        if (Texts.GetValueOrDefault(type)?.DeepClone() is not JsonObject keywords)
            return;
        if (place["pattern"]?.ToString() == AIJsonUtilities.DefaultOptions.GetJsonSchemaAsNode(type)["pattern"]?.ToString())
            place.Remove("pattern");
        Add(place, keywords);
    }

    /// <summary>Narrows a schema in place.</summary>
    public static void Narrow(JsonNode? schema, Type type, JsonSerializerOptions options) =>
        Narrow([.. TypedPlaces.Of(schema, type, options)], options);

    /// <summary>Narrows the places of a schema in place.</summary>
    public static void Narrow(IReadOnlyList<(JsonObject Place, Type Type)> places, JsonSerializerOptions options)
    {
        foreach ((JsonObject place, Type type) in places)
        {
            // The format demands an offset, which the type does not read.
            if (type == typeof(TimeOnly))
                place.Remove("format");
            if (KeywordsOf(place, type, options) is { } keywords)
                Add(place, keywords);
            else if (Has(place, "string"))
                NarrowText(place, type);
            if (Texts.TryGetValue(type, out JsonObject? texts) && texts.ContainsKey(Encoding))
                CountCharacters(place);
        }
    }

    /// <summary>Adds keywords to those of a schema, beside others of the same name: both hold.</summary>
    public static void Add(JsonObject place, JsonObject keywords)
    {
        if (keywords.Any(keyword => place.ContainsKey(keyword.Key)))
        {
            if (place["allOf"] is not JsonArray all)
                place["allOf"] = all = [];
            all.Add((JsonNode)keywords);
            return;
        }

        foreach ((string keyword, JsonNode? value) in keywords)
            place[keyword] = value?.DeepClone();
    }

    // What a schema of bytes says.
    private static JsonObject Bytes()
    {
        JsonObject bytes = Pattern(Base64);
        bytes[Encoding] = "base64";
        return bytes;
    }

    // Lengths of bytes become those of their text, of four characters for each three.
    private static void CountCharacters(JsonObject place)
    {
        foreach (string keyword in (string[])["minLength", "maxLength"])
        {
            if (place[keyword] is JsonValue length && length.TryGetValue(out int bytes) && bytes is >= 0 and < int.MaxValue / 2)
                place[keyword] = (bytes + 2) / 3 * 4;
        }
    }

    // What a converter of the application writes has another schema, without such a type.
    private static JsonObject? KeywordsOf(JsonObject place, Type type, JsonSerializerOptions options)
    {
        Type number = type.IsEnum ? Enum.GetUnderlyingType(type) : type;
        if (Ranges.TryGetValue(number, out (string Least, string Most) range) && (Has(place, "integer") || Has(place, "number")))
            return new JsonObject { ["minimum"] = JsonNode.Parse(range.Least), ["maximum"] = JsonNode.Parse(range.Most) };
        if (type.IsEnum && Has(place, "string"))
            return place.ContainsKey("enum") ? null : EnumNames.Combined(type, options);
        return Has(place, "object") && options.TryGetTypeInfo(type, out JsonTypeInfo? info) && info.KeyType is { } key
            && KeyNames.Of(key, options) is { } names
            ? new JsonObject { ["propertyNames"] = names }
            : null;
    }

    private static bool Has(JsonObject place, string type) => place["type"] switch
    {
        JsonArray types => types.Any(one => IsText(one, type)),
        var one => IsText(one, type),
    };

    private static bool IsText(JsonNode? node, string text) =>
        node?.GetValueKind() == JsonValueKind.String && node.GetValue<string>() == text;

    private static JsonObject Pattern(string pattern) => new() { ["pattern"] = pattern };
}

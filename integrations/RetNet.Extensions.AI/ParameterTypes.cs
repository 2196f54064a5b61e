using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI;

/// <summary>What the parameters of a .NET method take, where the function's schema says less: an integer has the range of its type, a
/// <see cref="TimeSpan"/> hours of a day, a <see cref="TimeOnly"/> no offset.</summary>
internal static class ParameterTypes
{
    private const string TimeOfDay = @"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,7})?";

    // What a schema becomes, by the type of the value.
    private static readonly Dictionary<Type, JsonObject> Integers = new()
    {
        [typeof(sbyte)] = Range(sbyte.MinValue, sbyte.MaxValue),
        [typeof(byte)] = Range(byte.MinValue, byte.MaxValue),
        [typeof(short)] = Range(short.MinValue, short.MaxValue),
        [typeof(ushort)] = Range(ushort.MinValue, ushort.MaxValue),
        [typeof(int)] = Range(int.MinValue, int.MaxValue),
        [typeof(uint)] = Range(uint.MinValue, uint.MaxValue),
        [typeof(ulong)] = Range(0, ulong.MaxValue),
    };

    private static readonly Dictionary<Type, string> Texts = new()
    {
        [typeof(TimeSpan)] = $@"^-?([1-9]\d{{0,5}}\.)?{TimeOfDay}$",
        [typeof(TimeOnly)] = $"^{TimeOfDay}$",
    };

    private static readonly ConditionalWeakTable<AIFunctionDeclaration, JsonNode> Known = [];

    /// <summary>The schema of a function's parameters, as narrow as the types of its method.</summary>
    public static JsonNode? Schema(AIFunctionDeclaration function) => function is AIFunction { UnderlyingMethod: { } method } callable
        ? Known.GetValue(function, _ => Narrow(callable, method)).DeepClone()
        : AnyJson.ToNode(function.JsonSchema);

    private static JsonNode Narrow(AIFunction function, MethodInfo method)
    {
        JsonNode schema = AnyJson.ToNode(function.JsonSchema)!;
        JsonSerializerOptions options = function.JsonSerializerOptions ?? AIJsonUtilities.DefaultOptions;
        foreach (ParameterInfo parameter in method.GetParameters())
            Narrow(Member(Member(schema, "properties"), parameter.Name!), parameter.ParameterType, options);
        return schema;
    }

    private static void Narrow(JsonNode? node, Type type, JsonSerializerOptions options)
    {
        if (node is not JsonObject schema)
            return;
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (Integers.TryGetValue(type, out JsonObject? range))
        {
            foreach ((string bound, JsonNode? value) in range)
                schema.TryAdd(bound, value!.DeepClone());
        }
        else if (Texts.TryGetValue(type, out string? pattern))
        {
            schema.Remove("format");
            schema["pattern"] = pattern;
        }
        else if (options.TryGetTypeInfo(type, out JsonTypeInfo? info))
        {
            // A reference to another place is left as it is.
            string elements = info.Kind == JsonTypeInfoKind.Dictionary ? "additionalProperties" : "items";
            if (info.ElementType is { } element)
                Narrow(Member(schema, elements), element, options);
            foreach (JsonPropertyInfo property in info.Properties)
                Narrow(Member(Member(schema, "properties"), property.Name), property.PropertyType, options);
        }
    }

    private static JsonNode? Member(JsonNode? schema, string name) => (schema as JsonObject)?[name];

    private static JsonObject Range(Int128 least, Int128 most) => new()
    {
        ["minimum"] = JsonNode.Parse($"{least}"),
        ["maximum"] = JsonNode.Parse($"{most}"),
    };
}

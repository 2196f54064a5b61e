using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.ChatTemplates.Calls;

namespace RetNet.Extensions.AI;

/// <summary>The arguments of calls, in forms that functions of AIFunctionFactory and of a kernel both convert to their
/// parameters.</summary>
/// <remarks>A kernel's function converts a .NET string, but no JSON string, to an enum, and a JSON string, but no .NET string, to a
/// <see cref="DateOnly"/>, a <see cref="Version"/>, bytes or a <see cref="JsonElement"/>.</remarks>
internal static class FunctionArguments
{
    /// <summary>A call as content.</summary>
    /// <param name="call">The call; an argument that is written twice has its last value, as JSON readers have it.</param>
    /// <param name="tools">The functions as chat templates expect them.</param>
    /// <param name="typed">The same, with schemas of all that they take.</param>
    public static FunctionCallContent Content(FunctionCall call, IReadOnlyList<JsonElement> tools, IReadOnlyList<JsonElement> typed)
    {
        JsonElement declared = Parameters(call.Name, tools), taken = Parameters(call.Name, typed);
        return new(call.Id, call.Name, call.Arguments.EnumerateObject()
            .GroupBy(argument => argument.Name, argument => argument.Value)
            .ToDictionary(
                values => values.Key,
                object? (values) => values.Last().ValueKind != JsonValueKind.String
                    || TakesJson(Member(declared, values.Key)) || AreBytes(Member(taken, values.Key))
                    ? values.Last()
                    : values.Last().GetString()));
    }

    private static JsonElement Parameters(string name, IReadOnlyList<JsonElement> tools)
    {
        JsonElement function = tools.Select(tool => tool.GetProperty("function"))
            .FirstOrDefault(function => function.GetProperty("name").GetString() == name);
        return Member(Member(function, "parameters"), "properties");
    }

    private static JsonElement Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement member) ? member : default;

    /// <summary>Whether a text by this schema has a form of its own, or the schema takes any value.</summary>
    private static bool TakesJson(JsonElement schema) => schema.ValueKind == JsonValueKind.True
        || (schema.ValueKind == JsonValueKind.Object && (HasForm(schema) || schema.EnumerateObject().All(IsAnnotation)));

    private static bool AreBytes(JsonElement schema) => Member(schema, "contentEncoding").ValueKind == JsonValueKind.String;

    private static bool HasForm(JsonElement schema) => !schema.TryGetProperty("enum", out _)
        && (schema.TryGetProperty("format", out _) || schema.TryGetProperty("pattern", out _));

    private static bool IsAnnotation(JsonProperty keyword) => keyword.Name is "title" or "description" or "default";
}

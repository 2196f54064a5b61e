using System.Text.Json;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.SemanticKernel;

/// <summary>The arguments of a history's calls as the model wrote them.</summary>
/// <remarks>A kernel's <c>FunctionCallContentBuilder</c>, which puts the calls of a stream together, keeps each argument as a text. A
/// history that was written as JSON and read again has numbers for the names of enums that a call had in lists and objects.</remarks>
internal static class HistoryArguments
{
    /// <summary>A message whose calls have their arguments as the functions' schemas have them; the same where they do already.</summary>
    public static ChatMessage AsWritten(ChatMessage message, ChatOptions? options)
    {
        List<AIContent> contents =
            [.. message.Contents.Select(content => content is FunctionCallContent call ? AsWritten(call, options) : content)];
        if (contents.SequenceEqual(message.Contents))
            return message;
        ChatMessage written = message.Clone();
        written.Contents = contents;
        return written;
    }

    private static FunctionCallContent AsWritten(FunctionCallContent call, ChatOptions? options)
    {
        if (call.Arguments is null
            || options?.Tools?.OfType<AIFunctionDeclaration>().FirstOrDefault(tool => tool.Name == call.Name) is not { } function)
        {
            return call;
        }

        Dictionary<string, object?> arguments = call.Arguments.ToDictionary(
            argument => argument.Key, argument => AsWritten(argument.Value, argument.Key, function));
        return arguments.All(argument => ReferenceEquals(argument.Value, call.Arguments[argument.Key]))
            ? call
            : new FunctionCallContent(call.CallId, call.Name, arguments)
            {
                RawRepresentation = call.RawRepresentation,
                AdditionalProperties = call.AdditionalProperties,
            };
    }

    private static object? AsWritten(object? value, string name, AIFunctionDeclaration function)
    {
        object? written = Text(value) is { } text && TakesNoText(function.JsonSchema, name) && TryParse(text) is { } parsed
            ? parsed
            : value;
        return written is JsonElement json && NamedValues.TryName(json, name, function) is { } named ? named : written;
    }

    private static string? Text(object? value) =>
        value is JsonElement { ValueKind: JsonValueKind.String } json ? json.GetString() : value as string;

    private static bool TakesNoText(JsonElement parameters, string name) =>
        parameters.ValueKind == JsonValueKind.Object
        && parameters.TryGetProperty("properties", out JsonElement properties)
        && properties.TryGetProperty(name, out JsonElement parameter)
        && parameter.ValueKind == JsonValueKind.Object
        && parameter.TryGetProperty("type", out JsonElement type)
        && !(type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().ToArray() : [type]).Any(one => one.ValueEquals("string"));

    private static JsonElement? TryParse(string text)
    {
        // Truth values are written as .NET writes them.
        if (bool.TryParse(text, out bool truth))
            return JsonElement.Parse(truth ? "true" : "false");
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using FunctionCallContent = Microsoft.Extensions.AI.FunctionCallContent;

namespace RetNet.Extensions.SemanticKernel;

/// <summary>Lists and objects with names of enums, which the schema of a kernel's function has, but its JSON options do not read.</summary>
internal static class NamedValues
{
    private static readonly JsonStringEnumConverter Names = new();

    // What was read, with its JSON.
    private static readonly ConditionalWeakTable<object, object> Written = [];

    // Options know their types: one copy for each.
    private static readonly ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions> WithoutNames = [], WithNames = [];

    /// <summary>Reads such arguments of calls of kernel functions; all others stay as they are.</summary>
    public static void Read(IEnumerable<AIContent> contents, ChatOptions? options)
    {
        foreach (FunctionCallContent call in contents.OfType<FunctionCallContent>())
        {
            if (options?.Tools?.FirstOrDefault(tool => tool.Name == call.Name) is KernelFunction { UnderlyingMethod: { } method } function)
                Read(call.Arguments, method, Copies(function));
        }
    }

    /// <summary>An argument with the names of its enums, where it has their numbers.</summary>
    /// <returns>Null where it has no such numbers.</returns>
    public static JsonElement? TryName(JsonElement json, string name, AIFunctionDeclaration function)
    {
        if (json.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object)
            || function is not KernelFunction { UnderlyingMethod: { } method } kernelFunction
            || method.GetParameters().FirstOrDefault(parameter => parameter.Name == name)?.ParameterType is not { } type)
        {
            return null;
        }

        (JsonSerializerOptions plain, JsonSerializerOptions named) = Copies(kernelFunction);
        if (!TryRead(json, type, plain, out object? value))
            return null;
        JsonElement names = JsonSerializer.SerializeToElement(value, type, named);
        return JsonElement.DeepEquals(names, JsonSerializer.SerializeToElement(value, type, plain)) ? null : names;
    }

    /// <summary>An update of a stream with the JSON of what was read: a kernel writes the arguments of streamed calls as JSON, and knows
    /// few types.</summary>
    public static ChatResponseUpdate AsJson(ChatResponseUpdate update)
    {
        if (!update.Contents.Any(HasRead))
            return update;
        ChatResponseUpdate written = update.Clone();
        written.Contents = AsJson(update.Contents);
        return written;
    }

    /// <summary>A message with the JSON of what was read: what the model wrote.</summary>
    public static ChatMessage AsJson(ChatMessage message)
    {
        if (!message.Contents.Any(HasRead))
            return message;
        ChatMessage written = message.Clone();
        written.Contents = AsJson(message.Contents);
        return written;
    }

    private static List<AIContent> AsJson(IEnumerable<AIContent> contents) =>
        [.. contents.Select(content => HasRead(content) ? AsJson((FunctionCallContent)content) : content)];

    private static FunctionCallContent AsJson(FunctionCallContent call) => new(call.CallId, call.Name, call.Arguments!.ToDictionary(
        argument => argument.Key,
        argument => argument.Value is { } value && Written.TryGetValue(value, out object? json) ? json : argument.Value))
    {
        RawRepresentation = call.RawRepresentation,
        AdditionalProperties = call.AdditionalProperties,
    };

    private static bool HasRead(AIContent content) => content is FunctionCallContent { Arguments: { } arguments }
        && arguments.Values.Any(value => value is not null && Written.TryGetValue(value, out _));

    private static void Read(
        IDictionary<string, object?>? arguments, MethodInfo method, (JsonSerializerOptions Plain, JsonSerializerOptions Named) options)
    {
        foreach (ParameterInfo parameter in method.GetParameters())
        {
            if (arguments?.TryGetValue(parameter.Name!, out object? value) == true
                && value is JsonElement { ValueKind: JsonValueKind.Array or JsonValueKind.Object } json
                && !TryRead(json, parameter.ParameterType, options.Plain, out _)
                && TryRead(json, parameter.ParameterType, options.Named, out object? read) && read is not null)
            {
                Written.AddOrUpdate(read, json);
                arguments[parameter.Name!] = read;
            }
        }
    }

    private static (JsonSerializerOptions Plain, JsonSerializerOptions Named) Copies(KernelFunction function)
    {
        // A function without options of its own shows others, which read names and write other ones of members, than it uses.
        JsonSerializerOptions shown = function.JsonSerializerOptions;
        JsonSerializerOptions options = shown == AIJsonUtilities.DefaultOptions ? JsonSerializerOptions.Default : shown;
        return (WithoutNames.GetValue(options, static options => Copy(options)),
            WithNames.GetValue(options, static options => Copy(options, Names)));
    }

    private static JsonSerializerOptions Copy(JsonSerializerOptions options, params JsonConverter[] names)
    {
        JsonSerializerOptions copy = new(options);
        copy.Converters.Clear();
        foreach (JsonConverter converter in options.Converters.Where(converter => converter is not JsonStringEnumConverter).Concat(names))
            copy.Converters.Add(converter);
        return copy;
    }

    private static bool TryRead(JsonElement json, Type type, JsonSerializerOptions options, out object? value)
    {
        try
        {
            value = json.Deserialize(type, options);
            return true;
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            value = null;
            return false;
        }
    }
}

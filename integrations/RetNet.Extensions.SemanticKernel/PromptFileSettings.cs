using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using RetNet.Extensions.AI;

namespace RetNet.Extensions.SemanticKernel;

/// <summary>Understands settings that prompt files write and that the kernel's own mapping passes on as unknown ones, or misreads: whole
/// numbers with a fraction of zero, <c>stop</c>, a single stop sequence, and <c>response_format</c> as an object of the API.</summary>
internal static class PromptFileSettings
{
    /// <summary>The options with what their additional properties and their format stand for.</summary>
    /// <param name="options">Options that stay as they are; null for none.</param>
    /// <exception cref="ArgumentException">A value has a type that the setting of its name cannot have.</exception>
    public static ChatOptions? Complete(ChatOptions? options)
    {
        if (options is null)
            return null;
        ChatOptions completed = options.Clone();
        foreach ((string name, object? value) in options.AdditionalProperties ?? [])
        {
            if (value is null || Set(completed, name, value))
                completed.AdditionalProperties!.Remove(name);
        }

        completed.ResponseFormat = Format(options.ResponseFormat);
        return completed;
    }

    /// <summary>The settings with a format that the kernel's mapping does not drop: one of a file in YAML becomes JSON.</summary>
    /// <param name="settings">Settings before that mapping, which stay as they are; null for none.</param>
    /// <exception cref="ArgumentException">The format is a name that is not known.</exception>
    public static PromptExecutionSettings? Read(PromptExecutionSettings? settings)
    {
        string? key = settings?.ExtensionData?.Keys
            .FirstOrDefault(name => name.Equals("response_format", StringComparison.OrdinalIgnoreCase));
        if (key is null)
            return settings;
        object value = settings!.ExtensionData![key];
        string? format = value is JsonElement { ValueKind: JsonValueKind.String } json ? json.GetString() : value as string;
        if (format is not null && !IsFormat(format))
        {
            throw new ArgumentException($"response_format is \"{format}\"; expected \"text\", \"json_object\", a JSON schema, or an "
                + "object with the type text, json_object or json_schema.");
        }

        if (YamlJson.Read(value) is not { } read)
            return settings;
        settings = settings.Clone();
        settings.ExtensionData![key] = read;
        return settings;
    }

    /// <summary>Whether a format has this name.</summary>
    public static bool IsFormat(string name) => name is "text" or "json_object";

    /// <summary>A format as it was meant: an object of the API is taken for a schema by the kernel.</summary>
    public static ChatResponseFormat? Format(ChatResponseFormat? format)
    {
        if (format is not ChatResponseFormatJson { Schema: { ValueKind: JsonValueKind.Object } api }
            || !api.TryGetProperty("type", out JsonElement type) || type.ValueKind != JsonValueKind.String)
        {
            return format;
        }

        return type.GetString() switch
        {
            "text" => ChatResponseFormat.Text,
            "json_object" => api.TryGetProperty("schema", out _) ? Schema(api) : ChatResponseFormat.Json,
            "json_schema" => Schema(api.TryGetProperty("json_schema", out JsonElement envelope) ? envelope : api),
            _ => format,
        };
    }

    private static ChatResponseFormatJson Schema(JsonElement envelope)
    {
        if (envelope.ValueKind != JsonValueKind.Object || !envelope.TryGetProperty("schema", out JsonElement schema))
            throw new ArgumentException($"response_format is {envelope.GetRawText()}; expected json_schema with a schema.");
        return ChatResponseFormat.ForJsonSchema(schema, Text("name"), Text("description"));

        string? Text(string name) => !envelope.TryGetProperty(name, out JsonElement text) ? null
            : text.ValueKind == JsonValueKind.String ? text.GetString()
            : throw new ArgumentException($"response_format has the {name} {text.GetRawText()}; expected a text.");
    }

    private static bool Set(ChatOptions options, string name, object value)
    {
        name = name.ToLowerInvariant();
        switch (name)
        {
            case "max_tokens" or "max_completion_tokens":
                options.MaxOutputTokens = Read(name, "max_tokens", value, "a whole number").MaxTokens;
                return true;
            case "top_k":
                options.TopK = Read(name, name, value, "a whole number").TopK;
                return true;
            case "seed":
                options.Seed = Read(name, name, value, "a whole number").Seed;
                return true;
            case "temperature":
                options.Temperature = Read(name, name, value, "a number").Temperature;
                return true;
            case "top_p":
                options.TopP = Read(name, name, value, "a number").TopP;
                return true;
            case "frequency_penalty":
                options.FrequencyPenalty = Read(name, name, value, "a number").FrequencyPenalty;
                return true;
            case "presence_penalty":
                options.PresencePenalty = Read(name, name, value, "a number").PresencePenalty;
                return true;
            case "stop" or "stop_sequences":
                options.StopSequences = Read(name, "stop_sequences", value, "a text or a list of texts").StopSequences;
                return true;
            case "json_schema" when YamlJson.Read(value) is { } schema:
                options.JsonSchema = schema;
                return false;
            default:
                return false;
        }
    }

    /// <summary>A setting as <see cref="RetNetPromptExecutionSettings"/> reads it.</summary>
    private static RetNetPromptExecutionSettings Read(string name, string property, object value, string expected)
    {
        try
        {
            return JsonSerializer.SerializeToElement(new Dictionary<string, object> { [property] = value })
                .Deserialize<RetNetPromptExecutionSettings>()!;
        }
        catch (JsonException exception)
        {
            throw new ArgumentException($"{name} is {value}; expected {expected}.", exception);
        }
    }
}

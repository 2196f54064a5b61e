using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using RetNet.Extensions.AI;

namespace RetNet.Extensions.SemanticKernel;

/// <summary>Understands settings that prompt files write and that the kernel's own mapping passes on as unknown ones, or misreads: whole
/// numbers with a fraction of zero, <c>stop</c>, a single stop sequence, and <c>response_format</c> as an object of the API.</summary>
internal static class PromptFileSettings
{
    /// <summary>The setting <c>reasoning_effort</c>, of which the kernel's mapping drops <c>none</c>, under a name that it passes
    /// on.</summary>
    public const string ReasoningEffortKey = "retnet_reasoning_effort";

    private const string WholeNumber = "a whole number";
    private const string Number = "a number";
    private const string Texts = "a text or a list of texts";

    // By name: the property of RetNetPromptExecutionSettings that reads the value, what that expects, and what it stands for.
    private static readonly Dictionary<string, Setting> Settings = new(StringComparer.OrdinalIgnoreCase)
    {
        ["max_tokens"] = new("max_tokens", WholeNumber, (options, read) => options.MaxOutputTokens = read.MaxTokens),
        ["max_completion_tokens"] = new("max_tokens", WholeNumber, (options, read) => options.MaxOutputTokens = read.MaxTokens),
        ["top_k"] = new("top_k", WholeNumber, (options, read) => options.TopK = read.TopK),
        ["seed"] = new("seed", WholeNumber, (options, read) => options.Seed = read.Seed),
        ["temperature"] = new("temperature", Number, (options, read) => options.Temperature = read.Temperature),
        ["top_p"] = new("top_p", Number, (options, read) => options.TopP = read.TopP),
        ["frequency_penalty"] = new("frequency_penalty", Number, (options, read) => options.FrequencyPenalty = read.FrequencyPenalty),
        ["presence_penalty"] = new("presence_penalty", Number, (options, read) => options.PresencePenalty = read.PresencePenalty),
        ["stop"] = new("stop_sequences", Texts, (options, read) => options.StopSequences = read.StopSequences),
        ["stop_sequences"] = new("stop_sequences", Texts, (options, read) => options.StopSequences = read.StopSequences),
    };

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

    /// <summary>The settings with what the kernel's mapping does not drop: a format of a file in YAML becomes JSON, and
    /// <c>reasoning_effort</c> gets another name beside its own.</summary>
    /// <param name="settings">Settings before that mapping, which stay as they are; null for none.</param>
    /// <exception cref="ArgumentException">The format is a name that is not known.</exception>
    public static PromptExecutionSettings? Read(PromptExecutionSettings? settings)
    {
        string? formatKey = Key(settings, "response_format");
        string? effortKey = Key(settings, "reasoning_effort");
        JsonElement? format = formatKey is null ? null : ReadFormat(settings!.ExtensionData![formatKey]);
        if (format is null && effortKey is null)
            return settings;
        settings = settings!.Clone();
        if (format is { } read)
            settings.ExtensionData![formatKey!] = read;
        if (effortKey is not null)
            settings.ExtensionData![ReasoningEffortKey] = settings.ExtensionData[effortKey];
        return settings;
    }

    /// <summary>Whether a format has this name.</summary>
    public static bool IsFormat(string name) => name is "text" or "json_object";

    /// <summary>A format as it was meant: an object of the API is taken for a schema by the kernel, and the name of a format is the title
    /// of its schema.</summary>
    public static ChatResponseFormat? Format(ChatResponseFormat? format)
    {
        if (format is not ChatResponseFormatJson { Schema: { ValueKind: JsonValueKind.Object } api } json)
            return format;
        return Text(api, "type") switch
        {
            "text" => ChatResponseFormat.Text,
            "json_object" => api.TryGetProperty("schema", out _) ? Schema(api) : ChatResponseFormat.Json,
            "json_schema" => Schema(api.TryGetProperty("json_schema", out JsonElement envelope) ? envelope : api),
            _ => json.SchemaName is null && Text(api, "title") is { } title
                ? ChatResponseFormat.ForJsonSchema(api, title, Text(api, "description"))
                : format,
        };
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static ChatResponseFormatJson Schema(JsonElement envelope)
    {
        if (envelope.ValueKind != JsonValueKind.Object || !envelope.TryGetProperty("schema", out JsonElement schema))
            throw new ArgumentException($"response_format is {envelope.GetRawText()}; expected json_schema with a schema.");
        return ChatResponseFormat.ForJsonSchema(schema, Text("name"), Text("description"));

        string? Text(string name) => !envelope.TryGetProperty(name, out JsonElement text) ? null
            : text.ValueKind == JsonValueKind.String ? text.GetString()
            : throw new ArgumentException($"response_format has the {name} {text.GetRawText()}; expected a text.");
    }

    private static string? Key(PromptExecutionSettings? settings, string name) =>
        settings?.ExtensionData?.Keys.FirstOrDefault(key => key.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>A format of a file in YAML as JSON; null for another.</summary>
    private static JsonElement? ReadFormat(object value)
    {
        string? name = value is JsonElement { ValueKind: JsonValueKind.String } json ? json.GetString() : value as string;
        if (name is not null && !IsFormat(name))
        {
            throw new ArgumentException($"response_format is \"{name}\"; expected \"text\", \"json_object\", a JSON schema, or an "
                + "object with the type text, json_object or json_schema.");
        }

        return YamlJson.Read(value);
    }

    private static bool Set(ChatOptions options, string name, object value)
    {
        if (Settings.TryGetValue(name, out Setting? setting))
        {
            setting.Set(options, setting.Read(name.ToLowerInvariant(), value));
            return true;
        }

        if (name == ReasoningEffortKey)
        {
            options.Reasoning = new ReasoningOptions { Effort = Effort($"{value}"), Output = options.Reasoning?.Output };
            return true;
        }

        if (name.Equals("json_schema", StringComparison.OrdinalIgnoreCase) && YamlJson.Read(value) is { } schema)
            options.JsonSchema = schema;
        return false;
    }

    private static ReasoningEffort Effort(string name) => name.ToLowerInvariant() switch
    {
        "none" => ReasoningEffort.None,
        "minimal" or "low" => ReasoningEffort.Low,
        "medium" => ReasoningEffort.Medium,
        "high" => ReasoningEffort.High,
        "xhigh" or "max" => ReasoningEffort.ExtraHigh,
        _ => throw new ArgumentException(
            $"reasoning_effort is \"{name}\"; expected none, minimal, low, medium, high, xhigh or max."),
    };

    private sealed record Setting(string Property, string Expected, Action<ChatOptions, RetNetPromptExecutionSettings> Set)
    {
        /// <summary>Settings with this one alone.</summary>
        public RetNetPromptExecutionSettings Read(string name, object value)
        {
            try
            {
                return JsonSerializer.SerializeToElement(new Dictionary<string, object> { [Property] = value })
                    .Deserialize<RetNetPromptExecutionSettings>()!;
            }
            catch (JsonException exception)
            {
                throw new ArgumentException($"{name} is {value}; expected {Expected}.", exception);
            }
        }
    }
}

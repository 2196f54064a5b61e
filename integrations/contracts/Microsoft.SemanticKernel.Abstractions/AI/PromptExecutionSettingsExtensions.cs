using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Microsoft.SemanticKernel;

public static class PromptExecutionSettingsExtensions
{
    /// <summary>Maps the well-known names to the members of <see cref="ChatOptions"/> and everything else to its additional properties.</summary>
    [return: NotNullIfNotNull(nameof(settings))]
    public static ChatOptions? ToChatOptions(this PromptExecutionSettings? settings, Kernel? kernel)
    {
        if (settings is null)
            return null;

        // The names of a derived class's members are known to its JSON form only.
        if (settings.GetType() != typeof(PromptExecutionSettings))
        {
            string json = JsonSerializer.Serialize(settings, settings.GetType(), AIJsonUtilities.DefaultOptions);
            settings = JsonSerializer.Deserialize<PromptExecutionSettings>(json)!;
        }

        var options = new ChatOptions { ModelId = settings.ModelId };
        foreach (var (name, value) in settings.ExtensionData ?? new Dictionary<string, object>())
        {
            if (!TrySetMember(options, name, value))
                (options.AdditionalProperties ??= [])[name] = Unwrap(value);
        }

        return options;
    }

    private static bool TrySetMember(ChatOptions options, string name, object value)
    {
        switch (name.ToUpperInvariant())
        {
            case "TEMPERATURE" when TryConvert(value, out float temperature):
                options.Temperature = temperature;
                return true;
            case "TOP_P" when TryConvert(value, out float topP):
                options.TopP = topP;
                return true;
            case "TOP_K" when TryConvert(value, out int topK):
                options.TopK = topK;
                return true;
            case "SEED" when TryConvert(value, out long seed):
                options.Seed = seed;
                return true;
            case "MAX_TOKENS" when TryConvert(value, out int maxTokens):
                options.MaxOutputTokens = maxTokens;
                return true;
            case "FREQUENCY_PENALTY" when TryConvert(value, out float frequencyPenalty):
                options.FrequencyPenalty = frequencyPenalty;
                return true;
            case "PRESENCE_PENALTY" when TryConvert(value, out float presencePenalty):
                options.PresencePenalty = presencePenalty;
                return true;
            case "STOP_SEQUENCES" when TryConvert(value, out IList<string>? stopSequences):
                options.StopSequences = stopSequences;
                return true;
            case "CHAT_SYSTEM_PROMPT" or "CHAT_DEVELOPER_PROMPT" or "SYSTEMINSTRUCTION" when TryConvert(value, out string? instructions):
                options.Instructions = instructions;
                return true;
            case "RESPONSE_FORMAT" when value is not null:
                options.ResponseFormat = ToResponseFormat(value);
                return true;
            default:
                return false;
        }
    }

    private static ChatResponseFormat? ToResponseFormat(object value)
    {
        if (TryConvert(value, out string? name))
            return name switch { "text" => ChatResponseFormat.Text, "json_object" => ChatResponseFormat.Json, _ => null };
        return value is JsonElement schema ? ChatResponseFormat.ForJsonSchema(schema) : null;
    }

    private static bool TryConvert<T>(object? value, [NotNullWhen(true)] out T? result)
    {
        try
        {
            result = value switch
            {
                null => default,
                T typed => typed,
                JsonElement json => json.Deserialize<T>(AIJsonUtilities.DefaultOptions),
                _ => (T)Convert.ChangeType(value, typeof(T), CultureInfo.InvariantCulture),
            };
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidCastException or OverflowException)
        {
            result = default;
            return false;
        }

        return result is not null;
    }

    private static object? Unwrap(object? value) => value is not JsonElement json ? value : json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        JsonValueKind.Array when json.GetArrayLength() > 0 => UnwrapArray(json),
        _ => json,
    };

    private static object UnwrapArray(JsonElement json) => json[0].ValueKind switch
    {
        JsonValueKind.String => json.EnumerateArray().Select(element => element.GetString()),
        JsonValueKind.Number => json.EnumerateArray().Select(element => element.GetDouble()),
        JsonValueKind.True or JsonValueKind.False => json.EnumerateArray().Select(element => element.ValueKind == JsonValueKind.True),
        _ => json,
    };
}

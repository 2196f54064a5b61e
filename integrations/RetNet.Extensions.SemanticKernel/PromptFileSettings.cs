using System.Collections;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;

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
            "json_object" => ChatResponseFormat.Json,
            "json_schema" => Schema(api.TryGetProperty("json_schema", out JsonElement envelope) ? envelope : api),
            _ => format,
        };
    }

    private static ChatResponseFormatJson Schema(JsonElement envelope)
    {
        if (envelope.ValueKind != JsonValueKind.Object || !envelope.TryGetProperty("schema", out JsonElement schema))
            throw new ArgumentException($"response_format is {envelope.GetRawText()}; expected json_schema with a schema.");
        return ChatResponseFormat.ForJsonSchema(schema, Text("name"), Text("description"));

        string? Text(string name) => envelope.TryGetProperty(name, out JsonElement text) ? text.GetString() : null;
    }

    private static bool Set(ChatOptions options, string name, object value)
    {
        switch (name.ToLowerInvariant())
        {
            case "max_tokens" or "max_completion_tokens":
                options.MaxOutputTokens = (int)Whole(name, value, int.MaxValue);
                return true;
            case "top_k":
                options.TopK = (int)Whole(name, value, int.MaxValue);
                return true;
            case "seed":
                options.Seed = Whole(name, value, long.MaxValue);
                return true;
            case "temperature":
                options.Temperature = (float)Number(name, value);
                return true;
            case "top_p":
                options.TopP = (float)Number(name, value);
                return true;
            case "frequency_penalty":
                options.FrequencyPenalty = (float)Number(name, value);
                return true;
            case "presence_penalty":
                options.PresencePenalty = (float)Number(name, value);
                return true;
            case "stop" or "stop_sequences":
                options.StopSequences = Texts(name, value);
                return true;
            default:
                return false;
        }
    }

    private static long Whole(string name, object value, long most)
    {
        decimal number = Number(name, value);
        return number == decimal.Truncate(number) && Math.Abs(number) <= most
            ? (long)number
            : throw new ArgumentException($"{name} is {value}; expected a whole number.");
    }

    private static decimal Number(string name, object value)
    {
        try
        {
            string? text = value is JsonElement json ? json.ToString() : Convert.ToString(value, CultureInfo.InvariantCulture);
            return decimal.Parse(text!, NumberStyles.Float, CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            throw new ArgumentException($"{name} is {value}; expected a number.", exception);
        }
    }

    private static List<string> Texts(string name, object value) => value switch
    {
        string text => [text],
        JsonElement { ValueKind: JsonValueKind.String } json => [json.GetString()!],
        JsonElement { ValueKind: JsonValueKind.Array } json => [.. json.EnumerateArray().Select(text => text.ToString())],
        IEnumerable texts => [.. texts.Cast<object?>().Select(text => text?.ToString() ?? "")],
        _ => throw new ArgumentException($"{name} is {value}; expected a text or a list of texts."),
    };
}

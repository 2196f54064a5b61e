using System.Text.Json;

namespace RetNet.Extensions.AspNetCore.Errors;

/// <summary>Which field of a request an exception is about: the message of one that is about an option begins with its name.</summary>
internal static class OptionFields
{
    private const string Property = "AdditionalProperties[\"";
    private static readonly string[] MostTokens = ["max_completion_tokens", "max_tokens", "max_output_tokens"];

    // Beginnings of messages, and the fields that they are about: the first one that the request has.
    private static readonly (string Beginning, string[] Fields)[] Known =
    [
        ("MaxOutputTokens", MostTokens), ("MaxTokens", MostTokens), ("StopSequences", ["stop"]), ("StopStrings", ["stop"]),
        ("ResponseFormat", ["response_format", "text.format"]), ("json_schema", ["json_schema"]), ("regex", ["regex"]),
        ("grammar", ["grammar"]), ("Temperature", ["temperature"]), ("TopP", ["top_p"]), ("TopK", ["top_k"]), ("MinP", ["min_p"]),
        ("RepetitionPenalty", ["repetition_penalty"]), ("FrequencyPenalty", ["frequency_penalty"]),
        ("PresencePenalty", ["presence_penalty"]), ("LogitBias", ["logit_bias"]), ("TopLogProbs", ["top_logprobs", "logprobs"]),
        ("PromptLookupTokens", ["prompt_lookup_tokens"]), ("Policy", ["policy"]), ("StateSize", ["state_size"]),
        ("The state size", ["state_size"]), ("Sinks", ["sinks"]), ("StateOptions.PromptChunk", ["prompt_chunk"]),
        ("StateOptions.Adapter", ["adapter"]), ("ToolMode", ["tool_choice"]), ("Tools", ["tools"]), ("Tool ", ["tools"]),
        ("Two tools", ["tools"]), ("The schema of function", ["tools"]), ("The parameters of function", ["tools"]),
        ("Instructions", ["instructions"]), ("Dimensions", ["dimensions"]), ("The text is empty", ["input", "prompt"]),
    ];

    /// <summary>The error of a field.</summary>
    /// <param name="exception">What the request led to.</param>
    /// <param name="request">The request; null if it was not read.</param>
    /// <returns>Null if the exception is about no option, or about one that the request does not set.</returns>
    public static OpenAIException? Find(Exception exception, JsonElement? request)
    {
        string message = Message(exception);
        foreach ((string beginning, string[] fields) in Known.Append(PropertyOf(message)))
        {
            if (!message.StartsWith(beginning, StringComparison.Ordinal)
                || (message.Length > beginning.Length && char.IsAsciiLetterOrDigit(message[beginning.Length]) && beginning[^1] != ' '))
            {
                continue;
            }

            if (First(request, fields) is not { } found)
                return null;
            return OpenAIException.Invalid(
                beginning.Contains(' ') ? message : message.Replace(beginning, $"'{found}'", StringComparison.Ordinal), found,
                inner: exception);
        }

        return null;
    }

    /// <summary>The first of some fields that a request has; null for none.</summary>
    public static string? First(JsonElement? request, params string[] fields) => fields.FirstOrDefault(field => Has(request, field));

    /// <summary>The message without the name of a parameter, which means nothing to clients.</summary>
    public static string Message(Exception exception) => exception is ArgumentException { ParamName: { } name }
        ? exception.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
        : exception.Message;

    // The keys of additional properties are those of the request.
    private static (string Beginning, string[] Fields) PropertyOf(string message)
    {
        int end = message.StartsWith(Property, StringComparison.Ordinal) ? message.IndexOf("\"]", StringComparison.Ordinal) : -1;
        return end < 0 ? (Property, []) : (message[..(end + 2)], [message[Property.Length..end]]);
    }

    private static bool Has(JsonElement? request, string path)
    {
        foreach (string name in path.Split('.'))
        {
            if (request is not { ValueKind: JsonValueKind.Object } fields || !fields.TryGetProperty(name, out JsonElement value))
                return false;
            request = value;
        }

        return request is { ValueKind: not JsonValueKind.Null };
    }
}

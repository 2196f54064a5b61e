using System.Text.Json;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AspNetCore.Requests;

/// <summary>The fields of a request that say how a text is generated, as <see cref="ChatOptions"/>. Beside OpenAI's there are those of
/// vLLM's and llama.cpp's servers that <c>RetNetChatClient</c> knows by the same name.</summary>
internal static class GenerationFields
{
    private const int MostStops = 16;
    private const float MostPenalty = 2;
    private const float MostBias = 100;

    private static readonly string[] Texts = ["policy", "adapter", "grammar", "regex"];
    private static readonly string[] Numbers = ["min_p", "repetition_penalty"];
    private static readonly string[] Counts = ["sinks", "prompt_chunk", "prompt_lookup_tokens"];

    /// <summary>Reads the fields.</summary>
    /// <param name="fields">The request.</param>
    /// <param name="limits">What a request may cost.</param>
    /// <param name="maxTokensNames">The names of the field with the most tokens to generate; the first one that is there counts.</param>
    public static ChatOptions Read(JsonFields fields, RetNetOpenAIOptions limits, params ReadOnlySpan<string> maxTokensNames)
    {
        ChatOptions options = new()
        {
            Temperature = fields.Number("temperature", 0, 2),
            TopP = fields.Number("top_p", 0, 1),
            TopK = fields.Count("top_k", 0),
            FrequencyPenalty = fields.Number("frequency_penalty", -MostPenalty, MostPenalty),
            PresencePenalty = fields.Number("presence_penalty", -MostPenalty, MostPenalty),
            Seed = fields.Integer("seed"),
            StopSequences = Stops(fields),
        };
        foreach (string name in maxTokensNames)
            options.MaxOutputTokens ??= fields.Count(name, 1, limits.MaxOutputTokens ?? int.MaxValue);
        AdditionalPropertiesDictionary more = [];
        foreach (string name in Texts)
            Add(name, fields.Text(name));
        foreach (string name in Numbers)
            Add(name, fields.Number(name, 0, float.MaxValue));
        foreach (string name in Counts)
            Add(name, fields.Count(name, 0));
        Add("state_size", StateSize(fields));
        Add("json_schema", fields.Any("json_schema"));
        Add("logit_bias", LogitBias(fields));

        // A full queue is an answer of its own (429), not a wait.
        more["refuse_when_busy"] = true;
        Add("max_prompt_tokens", limits.MaxPromptTokens);
        Add("max_output_tokens", limits.MaxOutputTokens);
        options.AdditionalProperties = more;
        return options;

        void Add(string name, object? value)
        {
            if (value is not null)
                more[name] = value;
        }
    }

    /// <summary>An answer's format as OpenAI writes it.</summary>
    /// <param name="format">The object with the <c>type</c>.</param>
    /// <param name="schema">Where the schema, its name and description are.</param>
    public static ChatResponseFormat ResponseFormat(JsonFields format, Func<JsonFields, JsonFields> schema)
    {
        switch (format.RequiredText("type"))
        {
            case "text":
                return ChatResponseFormat.Text;
            case "json_object":
                return ChatResponseFormat.Json;
            case "json_schema":
                JsonFields described = schema(format);
                string? name = described.Text("name");
                string? description = described.Text("description");
                return described.Any("schema") is { } json
                    ? json.ValueKind is JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False
                        ? ChatResponseFormat.ForJsonSchema(json, name, description)
                        : throw described.Wrong("schema", json, "a JSON schema")
                    : ChatResponseFormat.Json;
            case var type:
                throw format.Invalid(
                    "type", $"is '{JsonFields.Shortened(type)}'; expected text, json_object or json_schema", "invalid_value");
        }
    }

    /// <summary>How much the model reasons; null for its default.</summary>
    public static ReasoningOptions? Reasoning(JsonFields fields, string name) => fields.Text(name) switch
    {
        null => null,
        "none" => new() { Effort = ReasoningEffort.None },
        "minimal" or "low" => new() { Effort = ReasoningEffort.Low },
        "medium" => new() { Effort = ReasoningEffort.Medium },
        "high" => new() { Effort = ReasoningEffort.High },
        "xhigh" or "max" => new() { Effort = ReasoningEffort.ExtraHigh },
        string effort => throw fields.Invalid(name,
            $"is '{JsonFields.Shortened(effort)}'; expected none, minimal, low, medium, high, xhigh or max", "invalid_value"),
    };

    private static List<string>? Stops(JsonFields fields)
    {
        IReadOnlyList<string>? stops = fields.TextOrTexts("stop", MostStops);
        return stops is null or [] ? null
            : stops.Any(stop => stop.Length == 0) ? throw fields.Invalid("stop", "has an empty text; expected at least a character")
            : [.. stops];
    }

    private static string? StateSize(JsonFields fields) => fields.Any("state_size") is not { } size ? null
        : size.ValueKind switch
        {
            JsonValueKind.String => size.GetString(),
            JsonValueKind.Number => size.GetRawText(),
            _ => throw fields.Wrong("state_size", size, "a number of rows or a part of the context such as 25%"),
        };

    private static Dictionary<int, float>? LogitBias(JsonFields fields)
    {
        if (fields.Object("logit_bias") is not { } biases)
            return null;
        Dictionary<int, float> byToken = [];
        foreach (JsonProperty bias in biases.Json.EnumerateObject())
        {
            byToken[int.TryParse(bias.Name, out int token) && token >= 0
                ? token
                : throw fields.Invalid("logit_bias", $"has the key '{JsonFields.Shortened(bias.Name)}'; expected ids of tokens")] =
                biases.Number(bias, -MostBias, MostBias) ?? 0;
        }

        return byToken;
    }
}

using Microsoft.Extensions.AI;
using RetNet.Extensions.AspNetCore.Requests;

namespace RetNet.Extensions.AspNetCore.Chat;

/// <summary>A request for a chat completion. Fields that change nothing here, such as <c>user</c>, <c>prediction</c> and <c>store</c>, and
/// unknown ones are tolerated.</summary>
internal sealed record ChatRequest
{
    /// <summary>The name of the model; null for the only one.</summary>
    public string? Model { get; private init; }

    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    public required ChatOptions Options { get; init; }

    /// <summary>The number of answers.</summary>
    public int Choices { get; private init; }

    public bool IsStreamed { get; private init; }

    /// <summary>Whether a stream ends with the usage.</summary>
    public bool IncludesUsage { get; private init; }

    /// <summary>Whether a stream tells of the state as it grows.</summary>
    public bool IncludesState { get; private init; }

    /// <summary>Reads the request.</summary>
    public static ChatRequest Read(JsonFields fields, RetNetOpenAIOptions limits)
    {
        string? model = fields.Text("model");
        RefuseUnsupported(fields);
        ChatOptions options = GenerationFields.Read(fields, limits, "max_completion_tokens", "max_tokens");
        options.Reasoning = GenerationFields.Reasoning(fields, "reasoning_effort");
        if (fields.Object("response_format") is { } format)
            options.ResponseFormat = GenerationFields.ResponseFormat(format, described => described.RequiredObject("json_schema"));
        ToolFields.Read(fields, options, static (tool, type) => tool.RequiredObject(type));
        bool includesLogProbs = fields.Flag("logprobs") ?? false;
        if (fields.Count("top_logprobs", 0, 20) is { } top)
        {
            if (!includesLogProbs)
                throw fields.Invalid("top_logprobs", "is set without 'logprobs': true");
            options.AdditionalProperties!["top_logprobs"] = top;
        }

        if (includesLogProbs)
            options.AdditionalProperties!["logprobs"] = true;
        JsonFields? streaming = fields.Object("stream_options");
        bool isStreamed = fields.Flag("stream") ?? false;
        if (streaming is not null && !isStreamed)
            throw fields.Invalid("stream_options", "is set without 'stream': true");
        bool includesState = streaming?.Flag("include_state") ?? false;
        if (includesState)
            options.AdditionalProperties!["include_state"] = true;
        List<ChatMessage> messages = ChatMessages.Read(fields);
        ChatLength.RefuseLong(fields, "messages", messages, options, limits.MaxPromptCharacters);
        return new ChatRequest
        {
            Model = model,
            Messages = messages,
            Options = options,
            Choices = fields.Count("n", 1, limits.MaxChoices) ?? 1,
            IsStreamed = isStreamed,
            IncludesUsage = streaming?.Flag("include_usage") ?? false,
            IncludesState = includesState,
        };
    }

    private static void RefuseUnsupported(JsonFields fields)
    {
        foreach (string name in (ReadOnlySpan<string>)["functions", "function_call"])
        {
            if (fields.Any(name) is not null)
                throw fields.Invalid(name, "is not supported; expected 'tools' and 'tool_choice' instead", "unsupported_parameter");
        }

        foreach (string name in (ReadOnlySpan<string>)["audio", "web_search_options"])
        {
            if (fields.Any(name) is not null)
                throw fields.Invalid(name, "is not supported", "unsupported_parameter");
        }

        if (fields.TextOrTexts("modalities", 2)?.Any(modality => modality != "text") == true)
            throw fields.Invalid("modalities", "has more than text; this server writes text only", "unsupported_value");
    }
}

using Microsoft.Extensions.AI;
using RetNet.Extensions.AspNetCore.Errors;
using RetNet.Extensions.AspNetCore.Requests;

namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>Translates a request to <c>/responses</c> into the options of a chat client.</summary>
internal static class ResponsesOptions
{
    private const int MostTopLogProbs = 20;
    private const int MostIncluded = 64;

    /// <summary>Translates a request.</summary>
    /// <exception cref="OpenAIException">The request asks for something that is not served.</exception>
    public static ChatOptions From(JsonFields request, RetNetOpenAIOptions limits)
    {
        RefuseUnserved(request);
        ChatOptions options = GenerationFields.Read(request, limits, "max_output_tokens");
        options.Instructions = request.Text("instructions");
        if (request.Object("text")?.Object("format") is { } format)
            options.ResponseFormat = GenerationFields.ResponseFormat(format, static format => format);
        if (request.Object("reasoning") is { } reasoning)
        {
            options.Reasoning = GenerationFields.Reasoning(reasoning, "effort") ?? new ReasoningOptions();
            options.Reasoning.Output = reasoning.Text("summary") is null ? null : ReasoningOutput.Summary;
        }

        ToolFields.Read(request, options, static (tool, _) => tool);
        AddLogProbs(request, options);
        return options;
    }

    private static void RefuseUnserved(JsonFields request)
    {
        if (request.Flag("background") == true)
            throw Unserved("background", "is true, but a response is computed while its request waits; expected false");
        if (request.Text("truncation") is not (null or "disabled"))
            throw Unserved("truncation", "cuts a conversation, of which no part is left out here; expected 'disabled'");
        if (request.Any("conversation") is not null)
            throw Unserved("conversation", "is set, but conversations go on by 'previous_response_id'; expected null");
        if (request.Any("prompt") is not null)
            throw Unserved("prompt", "is set, but no prompts are stored here; expected null");

        OpenAIException Unserved(string name, string problem) => request.Invalid(name, problem, "unsupported_value");
    }

    private static void AddLogProbs(JsonFields request, ChatOptions options)
    {
        int? top = request.Count("top_logprobs", 0, MostTopLogProbs);
        if (top > 0 || request.TextOrTexts("include", MostIncluded)?.Contains("message.output_text.logprobs") == true)
        {
            options.AdditionalProperties!["logprobs"] = true;
            options.AdditionalProperties["top_logprobs"] = top ?? 0;
        }
    }
}

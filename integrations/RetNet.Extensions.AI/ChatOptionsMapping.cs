using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;

namespace RetNet.Extensions.AI;

/// <summary>Translates <see cref="ChatOptions"/> without changing them, and refuses options that cannot be honoured.</summary>
internal static class ChatOptionsMapping
{
    private static readonly JsonElement True = JsonElement.Parse("true");
    private static readonly JsonElement False = JsonElement.Parse("false");
    private static readonly JsonElement Low = JsonElement.Parse("\"low\"");
    private static readonly JsonElement Medium = JsonElement.Parse("\"medium\"");
    private static readonly JsonElement High = JsonElement.Parse("\"high\"");

    public static void RefuseUnsupported(ChatOptions? options, string modelId)
    {
        RefuseOtherModel(options?.ModelId, modelId);
        if (options?.MaxOutputTokens < 1)
            throw new ArgumentException($"{nameof(options.MaxOutputTokens)} is {options.MaxOutputTokens}; expected at least 1.");
        if (options?.StopSequences?.Any(string.IsNullOrEmpty) == true)
            throw new ArgumentException($"{nameof(options.StopSequences)} holds an empty text; expected at least a character.");
        if (options?.ResponseFormat is { } format and not (ChatResponseFormatText or ChatResponseFormatJson))
        {
            throw new NotSupportedException($"{nameof(options.ResponseFormat)} is {format.GetType().Name}; "
                + $"expected {nameof(ChatResponseFormat.Text)}, {nameof(ChatResponseFormat.Json)} or null.");
        }

#pragma warning disable MEAI001 // Experimental: refused, so that no caller waits for a background response.
        if (options?.ContinuationToken is not null)
        {
            throw new NotSupportedException($"{nameof(options.ContinuationToken)} is set; "
                + "responses are not computed in the background. Expected null.");
        }
#pragma warning restore MEAI001
    }

    /// <summary>Refuses a request for another model than the one that is served.</summary>
    public static void RefuseOtherModel(string? requested, string modelId)
    {
        if (requested is not null && !string.Equals(requested, modelId, StringComparison.OrdinalIgnoreCase))
        {
            throw new NotSupportedException($"ModelId is '{requested}'; "
                + $"this service has the model '{modelId}' only. Expected that or null.");
        }
    }

    /// <summary>Refuses options that have no meaning without a chat template.</summary>
    public static void RefuseChatOnly(ChatOptions? options)
    {
        string? chatOnly = options switch
        {
            { Instructions: not null } => nameof(options.Instructions),
            { ConversationId: not null } => nameof(options.ConversationId),
            { Tools.Count: > 0, ToolMode: not NoneChatToolMode } => nameof(options.Tools),
            _ => null,
        };
        if (chatOnly is not null)
        {
            throw new NotSupportedException($"{chatOnly} is set, but a text is continued without a chat template, so there is no place "
                + "for it. Expected null.");
        }
    }

    /// <summary>Refuses what only the continuation of a text has.</summary>
    public static void RefuseTextOnly(ChatOptions? options)
    {
        if (new RequestProperties(options?.AdditionalProperties).PromptLogProbs())
        {
            throw new NotSupportedException($"AdditionalProperties[\"{RequestProperties.PromptLogProbsKey}\"] is true, but a chat "
                + $"has no text of its own before the answer. Expected it with {nameof(RetNetChatClient.ContinueTextAsync)} only.");
        }
    }

    /// <summary>Variables of the chat template beside the messages and tools.</summary>
    public static Dictionary<string, JsonElement>? TemplateVariables(ChatOptions? options, ChatTemplate template)
    {
        if (options?.Reasoning?.Effort is not { } effort)
            return null;
        JsonElement reasons = effort == ReasoningEffort.None ? False : True;
        Dictionary<string, JsonElement> variables = new() { ["enable_thinking"] = reasons };
        if (template.ReadsVariable("thinking"))
            variables["thinking"] = reasons;
        if (template.ReadsVariable("reasoning_effort"))
        {
            variables["reasoning_effort"] = effort switch
            {
                ReasoningEffort.None or ReasoningEffort.Low => Low,
                ReasoningEffort.Medium => Medium,
                _ => High,
            };
        }

        return variables;
    }

    /// <summary>How a text is generated.</summary>
    /// <param name="options">The request.</param>
    /// <param name="defaults">What the request leaves open.</param>
    /// <param name="raw">What the request's <see cref="ChatOptions.RawRepresentationFactory"/> gives to start from; null for the
    /// defaults.</param>
    public static GenerationOptions ToGenerationOptions(ChatOptions? options, GenerationOptions defaults, GenerationOptions? raw)
    {
        if (options is null)
            return defaults;
        GenerationOptions start = raw ?? defaults;
        RequestProperties more = new(options.AdditionalProperties);
        GenerationOverrides overrides = new()
        {
            MaxTokens = options.MaxOutputTokens,
            StopStrings = options.StopSequences is { } stops ? [.. stops] : null,
            LogitBias = more.LogitBias(),
            RepetitionPenalty = more.Number(RequestProperties.RepetitionPenaltyKey),
            FrequencyPenalty = options.FrequencyPenalty,
            PresencePenalty = options.PresencePenalty,
            Temperature = options.Temperature,
            TopK = options.TopK,
            TopP = options.TopP,
            MinP = more.Number(RequestProperties.MinPKey),
            Seed = options.Seed,
            PromptLookupTokens = more.PromptLookupTokens(),
        };
        GenerationOptions generation = overrides.ApplyTo(start) with
        {
            StopTokens = start.StopTokens ?? defaults.StopTokens,
            State = more.State(start.State),
            TopLogProbs = more.TopLogProbs(start.TopLogProbs),
        };
        if (more.MaxOutputTokens() is { } most)
            generation = generation with { MaxTokens = Math.Min(generation.MaxTokens, most) };
        generation.Validate();
        return generation;
    }
}

using Microsoft.Extensions.AI;
using RetNet.Extensions.AspNetCore.Requests;

namespace RetNet.Extensions.AspNetCore.Completions;

/// <summary>A request to continue texts.</summary>
internal sealed record CompletionRequest
{
    private const int MostLogProbs = 5;
    private const int DefaultMaxTokens = 16;

    // Those of all texts of a request; each takes some kilobyte.
    private const int MostScoredTokens = 1 << 16;

    /// <summary>The name of the model; null for the only one.</summary>
    public string? Model { get; private init; }

    /// <summary>The texts, each as a text or as tokens.</summary>
    public required IReadOnlyList<Prompt> Prompts { get; init; }

    public required ChatOptions Options { get; init; }

    /// <summary>The number of continuations of each text.</summary>
    public int Choices { get; private init; }

    /// <summary>Whether a continuation begins with its text.</summary>
    public bool Echoes { get; private init; }

    /// <summary>Whether there is nothing but the text: <c>max_tokens</c> is 0.</summary>
    public bool WritesNothing { get; private init; }

    public bool IsStreamed { get; private init; }

    /// <summary>Whether a stream ends with the usage.</summary>
    public bool IncludesUsage { get; private init; }

    /// <summary>Reads the request.</summary>
    public static CompletionRequest Read(JsonFields fields, RetNetOpenAIOptions limits)
    {
        string? model = fields.Text("model");
        if (fields.Text("suffix") is { Length: > 0 })
            throw fields.Invalid("suffix", "is not supported; expected none", "unsupported_parameter");
        bool echoes = fields.Flag("echo") ?? false;
        bool writesNothing = echoes && fields.Count("max_tokens", 0, int.MaxValue) == 0;
        ChatOptions options = GenerationFields.Read(fields, limits, writesNothing ? [] : ["max_tokens"]);
        options.MaxOutputTokens ??= writesNothing ? 1 : DefaultMaxTokens;
        int choices = fields.Count("n", 1, limits.MaxChoices) ?? 1;
        if (fields.Count("best_of", 1, limits.MaxChoices) is { } best && best != choices)
            throw fields.Invalid("best_of", $"is {best}; expected 'n' ({choices}) or none", "unsupported_value");
        IReadOnlyList<Prompt> prompts = Prompt.Read(fields, "prompt", limits.MaxChoices) ?? [new Prompt("", null)];
        if (choices > limits.MaxChoices / prompts.Count)
        {
            throw fields.Invalid("n", $"is {choices} for each of {prompts.Count} prompts; expected at most {limits.MaxChoices} "
                + "texts together", "unsupported_value");
        }

        if (fields.Count("logprobs", 0, MostLogProbs) is { } top)
        {
            options.AdditionalProperties!["logprobs"] = true;
            if (echoes)
                ScorePrompts(options.AdditionalProperties, prompts.Count, choices, fields, limits);
            options.AdditionalProperties["top_logprobs"] = top;
        }

        bool isStreamed = fields.Flag("stream") ?? false;
        return new CompletionRequest
        {
            Model = model,
            Prompts = prompts,
            Options = options,
            Choices = choices,
            Echoes = echoes,
            WritesNothing = writesNothing,
            IsStreamed = isStreamed,
            IncludesUsage = isStreamed && (fields.Object("stream_options")?.Flag("include_usage") ?? false),
        };
    }

    private static void ScorePrompts(
        AdditionalPropertiesDictionary options, int prompts, int choices, JsonFields fields, RetNetOpenAIOptions limits)
    {
        if (choices > 1)
            throw fields.Invalid("n", $"is {choices} beside 'echo' and 'logprobs'; expected 1", "unsupported_value");
        options["prompt_logprobs"] = true;
        options["max_prompt_tokens"] = Math.Min(limits.MaxPromptTokens ?? int.MaxValue, MostScoredTokens / prompts);
    }
}

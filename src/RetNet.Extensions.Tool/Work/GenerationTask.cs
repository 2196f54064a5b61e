using System.Globalization;
using System.Text.Json;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Tool.Work;

/// <summary>Continues texts, or answers them as a user's messages, in one running batch.</summary>
internal sealed class GenerationTask(TextModel model, StateOptions state, WorkJob job) : ITextTask
{
    private readonly GenerationOptions _options =
        (job.Generation ?? new GenerationOverrides()).ApplyTo(model.DefaultOptions) with { State = state };

    public IReadOnlyList<string> Settings =>
    [
        $"at most {_options.MaxTokens} tokens", $"stop tokens {string.Join(' ', (_options.StopTokens ?? []).Order())}",
        $"repetition penalty {Text(_options.Sampling.RepetitionPenalty)}", .. SamplingSettings(_options.Sampling),
    ];

    public async Task<Action<Utf8JsonWriter>> ComputeAsync(string text, CancellationToken cancellation)
    {
        int[] prompt = job.Chat ? model.Chat.Encode([new ChatTemplateMessage("user", text)]) : model.EncodePrompt(text);
        using ScheduledGeneration generation =
            await model.Scheduler.EnqueueAsync(new GenerationRequest(prompt, _options), cancellation).ConfigureAwait(false);
        GenerationResult result = await generation.Result.ConfigureAwait(false);
        return json =>
        {
            json.WriteString("text", result.Text);
            json.WriteString("finish_reason", result.FinishReason == FinishReason.Length ? "length" : "stop");
            json.WriteNumber("prompt_tokens", result.PromptTokens);
            json.WriteNumber("tokens", result.Tokens.Count);
        };
    }

    public void Dispose()
    {
    }

    private static string[] SamplingSettings(SamplingOptions sampling) => sampling.Temperature == 0
        ? ["greedy"]
        :
        [
            $"temperature {Text(sampling.Temperature)}", $"top k {sampling.TopK}", $"top p {Text(sampling.TopP)}",
            $"min p {Text(sampling.MinP)}",
        ];

    // Workers may run on hosts with other cultures.
    private static string Text(float value) => value.ToString(CultureInfo.InvariantCulture);
}

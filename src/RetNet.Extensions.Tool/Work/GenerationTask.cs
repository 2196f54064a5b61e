using System.Text.Json;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Tool.Work;

/// <summary>Continues texts, or answers them as a user's messages, in one running batch.</summary>
internal sealed class GenerationTask(TextModel model, StateOptions state, WorkJob job) : ITextTask
{
    private readonly GenerationOptions _options =
        (job.Generation ?? new GenerationOverrides()).ApplyTo(model.DefaultOptions) with { State = state };

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
}

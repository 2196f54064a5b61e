using System.Text.Json;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Tool.Training;

/// <summary>What a training command writes at its end.</summary>
internal static class TrainingSummary
{
    /// <param name="context">The command.</param>
    /// <param name="parameters">The number of trained values.</param>
    /// <param name="result">The outcome.</param>
    /// <param name="isLikelihood">Whether losses are those of a language model, in nats per token.</param>
    /// <param name="more">Writes further properties of the JSON document.</param>
    public static void Write(
        CommandContext context, long parameters, TrainingResult result, bool isLikelihood, Action<Utf8JsonWriter>? more = null)
    {
        double? loss = result.History.LastOrDefault(point => !double.IsNaN(point.Loss))?.Loss;
        double? perplexity = isLikelihood && result.ValidationLoss is { } nats ? Math.Min(Math.Exp(nats), double.MaxValue) : null;
        double rate = result.Tokens / Math.Max(result.Elapsed.TotalSeconds, 1e-9);
        if (context.Json)
        {
            context.WriteJson(json =>
            {
                json.WriteNumber("parameters", parameters);
                json.WriteNumber("steps", result.Steps);
                json.WriteNumber("tokens", result.Tokens);
                json.WriteString("end", result.End == TrainingEnd.TimeLimit ? "time_limit" : "completed");
                if (loss is { } last)
                    json.WriteNumber("loss", last);
                if (result.ValidationLoss is { } validation)
                    json.WriteNumber("validation_loss", validation);
                if (perplexity is { } value)
                    json.WriteNumber("validation_perplexity", value);
                json.WriteNumber("seconds", result.Elapsed.TotalSeconds);
                json.WriteNumber("tokens_per_second", rate);
                more?.Invoke(json);
            });
            return;
        }

        string measured = result.ValidationLoss is null ? "none"
            : $"{result.ValidationLoss:F4}{(perplexity is null ? "" : $" (perplexity {perplexity:N2})")}";
        context.WriteFacts([
            ("Parameters", $"{parameters:N0}"),
            ("Steps", $"{result.Steps:N0}{(result.End == TrainingEnd.TimeLimit ? " (time limit)" : "")}"),
            ("Tokens", $"{result.Tokens:N0}"), ("Loss", loss is null ? "none" : $"{loss:F4}"), ("Validation loss", measured),
            ("Time", TrainingReporter.Time(result.Elapsed)), ("Tokens per second", $"{rate:N0}")]);
    }
}

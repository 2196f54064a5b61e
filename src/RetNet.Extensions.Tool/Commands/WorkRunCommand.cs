using System.CommandLine;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Tool.Work;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet work run</c>: a worker of a job.</summary>
internal sealed class WorkRunCommand : WorkCommand
{
    private const int DefaultBatch = 32;

    private readonly Option<int?> _batch = OptionKinds.Integer(
        "--batch", "N", $"Texts that are computed together; as many more wait for that. Default: {DefaultBatch}.", 1,
        BatchSchedulerOptions.LargestBatch);

    public WorkRunCommand(CommonOptions options)
        : base("run", "Computes the texts of a job until all have results. Any number of such workers share a job.")
    {
        Add(options.Model);
        Add(_batch);
    }

    protected override async Task RunAsync(CommandContext context, NatsAddress address)
    {
        ParseResult parse = context.Parse;
        int batch = parse.GetValue(_batch) ?? DefaultBatch;
        StateOptions state = context.StateOptions;
        await using WorkQueue queue = await WorkQueue.ConnectAsync(address, JobName(parse)).ConfigureAwait(false);
        WorkJob job = await queue.OpenAsync(context.Cancellation).ConfigureAwait(false);
        BatchSchedulerOptions scheduling = new() { MaxBatch = batch };
        using TextModel model =
            job.Task == WorkJob.EmbedTask ? context.LoadModelOrEncoder(scheduling) : context.LoadTextModel(scheduling);
        using ITextTask task = ITextTask.Create(job, model, state, batch);
        await queue.AgreeAsync(Describe(model, state, task), context.Cancellation).ConfigureAwait(false);
        int stored = await WorkProgress.RunAsync(
            context, job.Task, job.Texts,
            async progress =>
            {
                using Worker worker = new(queue, job, task, 2 * batch, progress);
                return await worker.RunAsync(context.Cancellation).ConfigureAwait(false);
            }).ConfigureAwait(false);
        if (context.Json)
        {
            context.WriteJson(json =>
            {
                json.WriteString("job", JobName(parse));
                json.WriteNumber("texts", job.Texts);
                json.WriteNumber("results", stored);
            });
            return;
        }

        context.WriteFacts([("Job", JobName(parse)), ("Texts", $"{job.Texts:N0}"), ("Results of this worker", $"{stored:N0}")]);
    }

    /// <summary>All on which results depend.</summary>
    private static string Describe(TextModel model, StateOptions state, ITextTask task)
    {
        ModelInfo info = model.Info;
        List<string> description =
        [
            $"weights {info.Fingerprint} in {CommonOptions.FormatName(info.WeightFormat)}", $"tokenizer {model.Chat.Fingerprint}",
            $"first token {Name(model.BeginningOfSequenceId)}", $"last token {Name(model.EndOfSequenceId)}",
        ];
        if (model.Encoder is null)
            description.Add($"states in {CommonOptions.FormatName(state.Format)}");
        if (!info.HasConstantState)
            description.Add($"policy {state.Policy.Name} {state.Policy.Size} {state.Policy.Rule?.First}".TrimEnd());
        return string.Join(", ", [.. description, .. task.Settings]);

        static string Name(int? token) => token is null ? "none" : $"{token}";
    }
}

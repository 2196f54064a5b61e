using System.CommandLine;
using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Tool.Work;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet work collect</c>: writes the results of a job to a file.</summary>
internal sealed class WorkCollectCommand : WorkCommand
{
    private static readonly TimeSpan WaitInterval = TimeSpan.FromSeconds(1);

    private readonly Argument<string> _file = new("FILE")
    {
        Description = "The file to write: a JSON object in each line, in the order of the texts.",
    };

    private readonly Option<bool> _wait = new("--wait") { Description = "Wait until all results are there." };

    private readonly Option<bool> _delete = new("--delete")
    {
        Description = "Remove the job from the server when the file is written.",
    };

    public WorkCollectCommand()
        : base("collect", "Writes the results of a job to a file, if all are there.")
    {
        Add(_file);
        Add(_wait);
        Add(_delete);
    }

    protected override async Task RunAsync(CommandContext context, NatsAddress address)
    {
        ParseResult parse = context.Parse;
        string file = parse.GetRequiredValue(_file);
        TextFile.RequirePlace(file);
        await using WorkQueue queue = await WorkQueue.ConnectAsync(address, JobName(parse)).ConfigureAwait(false);
        WorkJob job = await queue.OpenAsync(context.Cancellation).ConfigureAwait(false);
        long missing = job.Texts - (parse.GetValue(_wait)
            ? await WaitAsync(context, queue, job).ConfigureAwait(false)
            : await queue.CountResultsAsync(context.Cancellation).ConfigureAwait(false));
        if (missing > 0)
        {
            throw new CommandException($"{missing:N0} of {job.Texts:N0} results are missing; nothing was written. "
                + "Let retnet work run end, or wait with --wait.");
        }

        int errors = await WriteAsync(context, queue, job, file).ConfigureAwait(false);
        if (errors > 0)
            context.Console.Warn($"{errors:N0} of {job.Texts:N0} texts have an error in place of a result.");
        if (parse.GetValue(_delete))
            await queue.DeleteAsync(context.Cancellation).ConfigureAwait(false);
        if (context.Json)
        {
            context.WriteJson(json =>
            {
                json.WriteString("job", JobName(parse));
                json.WriteString("file", file);
                json.WriteNumber("results", job.Texts);
                json.WriteNumber("errors", errors);
            });
            return;
        }

        context.WriteFacts([("Job", JobName(parse)), ("File", file), ("Results", $"{job.Texts:N0}"), ("Errors", $"{errors:N0}")]);
    }

    private static Task<long> WaitAsync(CommandContext context, WorkQueue queue, WorkJob job) =>
        WorkProgress.RunAsync(context, job.Task, job.Texts, async progress =>
        {
            while (true)
            {
                long results = await queue.CountResultsAsync(context.Cancellation).ConfigureAwait(false);
                progress.Report(results);
                if (results >= job.Texts)
                    return results;
                await Task.Delay(WaitInterval, context.Cancellation).ConfigureAwait(false);
            }
        });

    private static Task<int> WriteAsync(CommandContext context, WorkQueue queue, WorkJob job, string file) =>
        WorkProgress.RunAsync(context, "collected", job.Texts, progress =>
        {
            (int read, int errors) = (0, 0);
            AtomicFile.Write(file, stream =>
            {
                // A command has a thread of its own.
                IAsyncEnumerable<byte[]> results = queue.ReadResultsAsync(job.Texts, context.Cancellation);
                foreach (byte[] result in results.ToBlockingEnumerable(context.Cancellation))
                {
                    if (JsonElement.Parse(result).TryGetProperty("error", out _))
                        errors++;
                    stream.Write(result);
                    stream.WriteByte((byte)'\n');
                    progress.Report(++read);
                }
            });
            return Task.FromResult(errors);
        });
}

using System.CommandLine;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Tool.Work;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet work submit</c>: makes a job of the texts of a file.</summary>
internal sealed class WorkSubmitCommand : WorkCommand
{
    private const int DefaultAckWait = 30;

    private readonly Argument<string> _file = new("FILE")
    {
        Description = "A UTF-8 file with a text in each line. In a .jsonl file a line is {\"text\": …}, and may have an \"id\", which is "
            + "the number of the line otherwise.",
    };

    private readonly Option<string?> _task = OptionKinds.Choice(
        "--task", "What is computed of each text: its embedding, how well the model predicts it, or its continuation.",
        WorkJob.EmbedTask, WorkJob.ScoreTask, WorkJob.GenerateTask);

    private readonly Option<int?> _ackWait = OptionKinds.Integer(
        "--ack-wait", "SECONDS", $"After how long others get the texts of a worker that is gone. Default: {DefaultAckWait}.", 1, 3600);

    private readonly Option<bool> _chat = new("--chat")
    {
        Description = "Task generate: treat each text as a user's message, and put it into the model's chat template.",
    };

    private readonly GenerationArguments _generation = new();

    public WorkSubmitCommand()
        : base("submit", "Makes a job of the texts of a file. After an interruption, the same command goes on.")
    {
        _task.Required = true;
        Add(_file);
        Add(_task);
        Add(_ackWait);
        Add(_chat);
        _generation.AddTo(this);
    }

    protected override async Task RunAsync(CommandContext context, NatsAddress address)
    {
        ParseResult parse = context.Parse;
        string task = parse.GetRequiredValue(_task)!;
        GenerationOverrides overrides = _generation.Overrides(parse);
        bool isChat = parse.GetValue(_chat);
        if (task != WorkJob.GenerateTask && (isChat || overrides != new GenerationOverrides()))
            throw new CommandException($"--task is {task}; expected generate with --chat and options of generation.");
        string file = parse.GetRequiredValue(_file);
        List<(int Line, WorkText Text)> texts = WorkText.ReadFile(file);
        byte[][] messages = [.. texts.Select(text => text.Text.ToBytes())];
        WorkJob job = new(task, messages.Length, WorkText.Hash(messages)) { Generation = overrides, Chat = isChat };

        await using WorkQueue queue = await WorkQueue.ConnectAsync(address, JobName(parse)).ConfigureAwait(false);
        int tooLong = Array.FindIndex(messages, message => message.Length > queue.MaximumBytes);
        if (tooLong >= 0)
        {
            throw new CommandException($"{file}, line {texts[tooLong].Line}: the text has {messages[tooLong].Length} bytes as a message; "
                + $"the NATS server takes {queue.MaximumBytes} (max_payload). Nothing was sent.");
        }

        long before = await queue.CreateAsync(
            job, TimeSpan.FromSeconds(parse.GetValue(_ackWait) ?? DefaultAckWait), context.Cancellation).ConfigureAwait(false);
        await WorkProgress.RunAsync(context, "sent", messages.Length, async progress =>
        {
            await queue.SubmitAsync(messages, before, progress, context.Cancellation).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
        if (context.Json)
        {
            context.WriteJson(json =>
            {
                json.WriteString("job", JobName(parse));
                json.WriteNumber("texts", messages.Length);
                json.WriteNumber("sent", messages.Length - before);
            });
            return;
        }

        context.WriteFacts(
            [("Job", JobName(parse)), ("Texts", $"{messages.Length:N0}"), ("Sent now", $"{messages.Length - before:N0}")]);
    }
}

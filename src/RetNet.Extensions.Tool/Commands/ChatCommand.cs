using System.CommandLine;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates.Calls;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Tool.Chats;
using Spectre.Console;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet chat</c>: a conversation, one line a turn.</summary>
internal sealed class ChatCommand : ToolCommand
{
    private const string Exit = "/exit";

    private readonly Option<string?> _system = new("--system")
    {
        HelpName = "TEXT",
        Description = "A system message before the conversation."
    };
    private readonly Option<string?> _tools = new("--tools")
    {
        HelpName = "FILE",
        Description = "A JSON list of functions that the model may call, in OpenAI's form. Calls are shown, and the next line of the input "
            + "is a call's result."
    };
    private readonly Option<string?> _toolCommand = new("--tool-command")
    {
        HelpName = "PROGRAM",
        Description = "A program that computes the results of calls: it gets the function's name as its argument and the arguments as JSON "
            + "on its input; its output is the result."
    };
    private readonly GenerationArguments _generation = new();

    public ChatCommand(CommonOptions options)
        : base("chat", $"Talks with a model, one line per turn, until {Exit} or the end of the input.", options)
    {
        Add(_system);
        Add(_tools);
        Add(_toolCommand);
        _generation.AddTo(this);
    }

    public override void Run(CommandContext context)
    {
        ToolConsole console = context.Console;
        using TextModel model = context.LoadTextModel();
        if (model.ChatTemplate is null)
            throw new CommandException($"{context.ModelPath} has no chat template; use retnet generate.");
        GenerationOptions options = _generation.Read(context.Parse, model.DefaultOptions, context.StateOptions);
        options.Validate();
        ChatTools? tools = ReadTools(context, model);
        if (tools is not null)
        {
            foreach (string problem in tools.Calls?.Unconstrained ?? [])
                console.Warn($"{problem} It may be called with any arguments.");
        }

        using Conversation conversation = new(model, options, context.Parse.GetValue(_system), tools);
        TextWriter? output = context.Json ? null : console.Text;
        IAnsiConsole formatted = console.FormattedError();
        List<(string User, Answer Answer)> turns = [];
        bool isWarned = false;
        while (ReadMessage(console, formatted) is { } message)
        {
            Answer answer = conversation.Reply(message, output, context.Cancellation);
            while (true)
            {
                turns.Add((message, answer));
                output?.WriteLine();
                formatted.MarkupLineInterpolated($"[dim]({answer})[/]");
                isWarned = isWarned || context.WarnOfLength(model.Info, conversation.Tokens);
                if (answer.Calls.Count == 0)
                    break;
                List<(FunctionCall Call, string Result)> results = [];
                foreach (FunctionCall call in answer.Calls)
                {
                    output?.WriteLine($"{call.Name}({call.Arguments.GetRawText()})");
                    results.Add((call, tools!.Invoke(call, console, context.Cancellation)));
                }

                answer = conversation.Reply(results, output, context.Cancellation);
            }
        }

        if (context.Json)
            context.WriteJson(json => Write(json, turns));
    }

    private ChatTools? ReadTools(CommandContext context, TextModel model)
    {
        string? command = context.Parse.GetValue(_toolCommand);
        if (context.Parse.GetValue(_tools) is { } file)
            return new ChatTools(file, command, model);
        return command is null ? null : throw new CommandException("--tool-command is set without --tools; expected both.");
    }

    /// <summary>The next line that is not empty; null at the end.</summary>
    private static string? ReadMessage(ToolConsole console, IAnsiConsole formatted)
    {
        while (true)
        {
            if (console.InputIsTerminal)
                formatted.Markup("[bold green]>[/] ");
            string? line = console.ReadLine()?.Trim();
            if (line is null or Exit)
                return null;
            if (line.Length > 0)
                return line;
        }
    }

    private static void Write(System.Text.Json.Utf8JsonWriter json, List<(string User, Answer Answer)> turns)
    {
        json.WriteStartArray("turns");
        foreach ((string user, Answer answer) in turns)
        {
            json.WriteStartObject();
            json.WriteString("user", user);
            answer.WriteTo(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

using System.CommandLine;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation;
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
    private readonly GenerationArguments _generation = new();

    public ChatCommand(CommonOptions options)
        : base("chat", $"Talks with a model, one line per turn, until {Exit} or the end of the input.", options)
    {
        Add(_system);
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
        using Conversation conversation = new(model, options, context.Parse.GetValue(_system));
        IAnsiConsole formatted = console.FormattedError();
        List<(string User, Answer Answer)> turns = [];
        while (ReadMessage(console, formatted) is { } message)
        {
            Answer answer = conversation.Reply(message, context.Json ? null : console.Text, context.Cancellation);
            if (context.Json)
                turns.Add((message, answer));
            else
                console.Text.WriteLine();
            formatted.MarkupLineInterpolated($"[dim]({answer})[/]");
        }

        if (context.Json)
            context.WriteJson(json => Write(json, turns));
    }

    /// <summary>The next line that is not empty; null at the end.</summary>
    private static string? ReadMessage(ToolConsole console, IAnsiConsole formatted)
    {
        while (true)
        {
            if (console.InputIsTerminal)
                formatted.Markup("[bold green]>[/] ");
            string? line = console.Input.ReadLine()?.Trim();
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

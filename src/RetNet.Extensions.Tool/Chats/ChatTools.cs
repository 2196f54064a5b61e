using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.ChatTemplates.Calls;

namespace RetNet.Extensions.Tool.Chats;

/// <summary>The functions that a chat offers, and how their results come about: from a command, or from the user.</summary>
internal sealed class ChatTools
{
    private readonly string _file;
    private readonly string? _command;
    private readonly FunctionCallFormat _format;

    /// <param name="file">A JSON list of functions, each <c>{"type":"function","function":{…}}</c> or the inner object alone.</param>
    /// <param name="command">The program that computes results; null to ask the user.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="CommandException">The file is no such list, or the model does not call functions.</exception>
    public ChatTools(string file, string? command, TextModel model)
    {
        (_file, _command) = (file, command);
        if (!model.ChatTemplate!.UsesTools)
            throw new CommandException($"The chat template of {model.Name} has no place for tools; expected no --tools.");
        _format = model.Chat.CallFormat ?? throw new CommandException(
            $"The chat template of {model.Name} writes and describes no calls in a form that is understood; expected no --tools.");
        Functions = Read(file);
        CreateReader();
    }

    /// <summary>The functions as chat templates take them.</summary>
    public IReadOnlyList<JsonElement> Functions { get; }

    /// <summary>The control tokens with which calls are written.</summary>
    public IReadOnlyList<int> ControlTokens => _format.ControlTokens;

    /// <summary>What keeps the calls of answers valid; null if nothing tells where one begins.</summary>
    public FunctionCallConstraint? Calls => _format.Allow(Functions, several: true);

    /// <summary>A reader of one answer.</summary>
    public FunctionCallReader CreateReader()
    {
        try
        {
            return _format.CreateReader(Functions);
        }
        catch (ArgumentException exception)
        {
            throw new CommandException($"{_file}: {exception.Message}");
        }
    }

    /// <summary>The result of a call: what the command writes, or the next line that the user types.</summary>
    /// <exception cref="CommandException">The command cannot be started, or the input has ended.</exception>
    public string Invoke(FunctionCall call, ToolConsole console, CancellationToken cancellation)
    {
        if (_command is not null)
            return Run(call, cancellation);
        if (console.InputIsTerminal)
            console.Error.Write($"result of {call.Name}> ");
        return console.ReadLine() ?? throw new CommandException($"The input ends before the result of {call.Name}.");
    }

    private string Run(FunctionCall call, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(_command!, [call.Name])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            using CancellationTokenRegistration stop = cancellation.Register(() => process.Kill(entireProcessTree: true));
            try
            {
                process.StandardInput.Write(call.Arguments.GetRawText());
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It does not read its input.
            }

            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            cancellation.ThrowIfCancellationRequested();
            return process.ExitCode == 0 ? output.TrimEnd() : $"error: exit code {process.ExitCode}";
        }
        catch (Win32Exception exception)
        {
            throw new CommandException($"'{_command}' cannot be started: {exception.Message}");
        }
    }

    private static IReadOnlyList<JsonElement> Read(string file)
    {
        JsonElement json;
        try
        {
            json = JsonElement.Parse(TextFile.Read(file));
        }
        catch (JsonException exception)
        {
            throw new CommandException($"{file} is not JSON: {exception.Message}");
        }

        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() == 0)
            throw new CommandException($"{file} is no list of functions; expected [{{\"type\": \"function\", \"function\": {{…}}}}, …].");
        return [.. json.EnumerateArray().Select(Whole)];
    }

    private static JsonElement Whole(JsonElement function) =>
        function.ValueKind == JsonValueKind.Object && !function.TryGetProperty("function", out _)
            ? JsonElement.Parse($"{{\"type\": \"function\", \"function\": {function.GetRawText()}}}")
            : function;
}

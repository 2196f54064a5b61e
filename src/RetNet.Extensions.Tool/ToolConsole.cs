using System.Text;
using Spectre.Console;

namespace RetNet.Extensions.Tool;

/// <summary>The input and outputs of a command: results go to the output, everything else to the error writer.</summary>
/// <param name="output">Receives results, UTF-8 without a byte order mark.</param>
/// <param name="error">Receives progress, warnings and errors.</param>
/// <param name="input">The input of a chat.</param>
internal sealed class ToolConsole(Stream output, TextWriter error, TextReader input) : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public Stream Output { get; } = output;

    /// <summary>Writes text to <see cref="Output"/>, without holding anything back.</summary>
    public TextWriter Text { get; } = new StreamWriter(output, Utf8) { AutoFlush = true, NewLine = "\n" };

    public TextWriter Error { get; } = error;

    public TextReader Input { get; } = input;

    public bool InputIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    /// <summary>The console of this process.</summary>
    public static ToolConsole OfProcess()
    {
        if (OperatingSystem.IsWindows())
            (Console.OutputEncoding, Console.InputEncoding) = (Utf8, Utf8);
        return new ToolConsole(Console.OpenStandardOutput(), Console.Error, Console.In)
        {
            InputIsTerminal = !Console.IsInputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
        };
    }

    /// <summary>A console for formatted text on the error writer, plain if that is not a terminal.</summary>
    public IAnsiConsole FormattedError() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(Error),
        Ansi = ErrorIsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
        Interactive = ErrorIsTerminal ? InteractionSupport.Detect : InteractionSupport.No,
    });

    public void Warn(string message) => Error.WriteLine($"retnet: warning: {message}");

    public void Dispose() => Text.Dispose();
}

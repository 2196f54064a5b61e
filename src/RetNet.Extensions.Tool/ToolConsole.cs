using System.Text;
using RetNet.Extensions.Tool.Streams;
using Spectre.Console;

namespace RetNet.Extensions.Tool;

/// <summary>The input and outputs of a command: results go to the output, everything else to the error writer.</summary>
/// <param name="output">Receives results, UTF-8 without a byte order mark.</param>
/// <param name="error">Receives progress, warnings and errors.</param>
/// <param name="input">The input of a chat; null if it is closed.</param>
internal sealed class ToolConsole(Stream output, TextWriter error, TextReader? input) : IDisposable
{
    private const int TableWidth = 400;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public Stream Output { get; } = output;

    /// <summary>Writes text to <see cref="Output"/>, without holding anything back.</summary>
    public TextWriter Text { get; } = new StreamWriter(output, Utf8) { AutoFlush = true, NewLine = "\n" };

    public TextWriter Error { get; } = error;

    public bool InputIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    /// <summary>The console of this process.</summary>
    public static ToolConsole OfProcess()
    {
        if (OperatingSystem.IsWindows())
            (Console.OutputEncoding, Console.InputEncoding) = (Utf8, Utf8);
        return new ToolConsole(StandardStreams.OpenOutput(), StandardStreams.OpenError(), StandardStreams.OpenInput())
        {
            InputIsTerminal = StandardStreams.HasInput && !Console.IsInputRedirected,
            ErrorIsTerminal = StandardStreams.HasError && !Console.IsErrorRedirected,
        };
    }

    /// <summary>The next line of the input; null at its end.</summary>
    /// <exception cref="CommandException">The input is closed, or not UTF-8 text.</exception>
    public string? ReadLine()
    {
        if (input is null)
            throw new CommandException("The standard input is closed; expected lines of text.");
        try
        {
            return input.ReadLine();
        }
        catch (DecoderFallbackException exception)
        {
            throw new CommandException($"The standard input is not UTF-8 text: {exception.Message}");
        }
    }

    /// <summary>A console for formatted text on the error writer, plain if that is not a terminal.</summary>
    public IAnsiConsole FormattedError() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(Error),
        Ansi = ErrorIsTerminal && TerminalHasAnsi() ? AnsiSupport.Yes : AnsiSupport.No,
        Interactive = ErrorIsTerminal ? InteractionSupport.Detect : InteractionSupport.No,
    });

    /// <summary>A console for tables on the output: plain text of any width.</summary>
    public IAnsiConsole FormattedText()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Text),
            Ansi = AnsiSupport.No,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = TableWidth;
        return console;
    }

    public void Warn(string message) => Error.WriteLine($"retnet: warning: {message}");

    public void Dispose()
    {
        try
        {
            Text.Dispose();
        }
        catch (IOException)
        {
            // What could not be written before cannot be written now, and was an error then.
        }
    }

    // Only the process's own writer tells that it is a terminal.
    private static bool TerminalHasAnsi() =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }).Profile.Capabilities.Ansi;
}

using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using RetNet.Extensions.Tool.Commands;
using RetNet.Extensions.Tool.Streams;

namespace RetNet.Extensions.Tool;

/// <summary>The <c>retnet</c> command: reads the command line, runs a command, and turns every failure into one line and an exit
/// code.</summary>
internal static class RetNetCommand
{
    /// <summary>The exit code after an error.</summary>
    public const int Failure = 1;

    private const int Success = 0;
    private const int Interrupted = 130;

    // As a shell tells it of a program that a broken pipe ended.
    private const int ClosedPipe = 141;

    /// <summary>Runs the command.</summary>
    /// <returns>0; 1 after an error; 130 when it was interrupted; 141 when the reader of its output closed the pipe.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, ToolConsole console, CancellationToken cancellationToken = default)
    {
        // Numbers on the command line and in the output are the same everywhere.
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
        CommonOptions options = new();
        ParseResult parse = CreateRoot(options, console).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        try
        {
            if (parse.Action is ParseErrorAction)
            {
                string problem = parse.UnmatchedTokens is [string word, ..] ? NotUnderstood(word) : parse.Errors[0].Message;
                throw new CommandException(SeeHelp(problem, parse));
            }

            if (UnknownOption(parse) is { } unknown)
                throw new CommandException(SeeHelp(NotUnderstood(unknown), parse));

            InvocationConfiguration invocation = new()
            {
                Output = console.Text,
                Error = console.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null
            };

            Task<int> run = parse.InvokeAsync(invocation, cancellationToken);
            try
            {
                return await run.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (parse.CommandResult.Command is ToolCommand { HasWorkToSave: true })
            {
                // Other commands are not awaited after cancellation: they may be waiting for input, or compute for long before they observe
                // the token.
                return await run.ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            await console.Error.WriteLineAsync("retnet: interrupted").ConfigureAwait(false);
            return Interrupted;
        }
        catch (ClosedPipeException)
        {
            return ClosedPipe;
        }
        catch (Exception exception)
        {
            string message = parse.GetValue(options.Verbose) ? exception.ToString() : OneLine(exception);
            await console.Error.WriteLineAsync($"retnet: {message}").ConfigureAwait(false);
            return Failure;
        }
    }

    private static Command CreateRoot(CommonOptions options, ToolConsole console)
    {
        Command root = new("retnet", "Runs and trains RetNet models, and Transformers whose key-value cache is held to a fixed size.");
        root.Add(new HelpOption());
        root.Add(new VersionOption());
        options.AddTo(root);
        ToolCommand[] languageModels =
        [
            new InfoCommand(options), new ChatCommand(options), new GenerateCommand(options), new LogitsCommand(options),
            new PerplexityCommand(options), new BenchCommand(options), new ServeCommand(options),
        ];
        foreach (ToolCommand command in languageModels)
            root.Add(WithAction(command, options.Inference));
        root.Add(WithAction(new TokenizeCommand(options)));
        root.Add(WithAction(new TrainCommand(), options.Training));
        foreach (ToolCommand command in (ToolCommand[])[new ForecastCommand(), new ForecastEvalCommand(), new TrainForecasterCommand()])
            root.Add(WithAction(command, options.Forecasting));
        root.Add(WithAction(new ForecastDataCommand()));
        root.Add(new Command("grammar", "Works on grammars, which say what a model may write.") { WithAction(new GrammarCheckCommand()) });
        root.Add(new Command("work", "Computes many texts on many machines, over NATS JetStream.")
        {
            WithAction(new WorkSubmitCommand()), WithAction(new WorkRunCommand(options), options.Inference),
            WithAction(new WorkCollectCommand()),
        });
        root.Add(new Command(
            "torch", "Prepares libtorch, with which models are computed on GPUs.") { WithAction(new TorchPrepareCommand()) });
        return root;

        ToolCommand WithAction(ToolCommand command, params IEnumerable<Option> added)
        {
            foreach (Option option in added)
                command.Add(option);
#pragma warning disable RS0030 // A command may wait for input while the first thread waits for its cancellation.
            command.SetAction((parse, cancellation) =>
                Task.Run(() => Run(command, new CommandContext(parse, options, console, cancellation)), cancellation));
#pragma warning restore RS0030
            return command;
        }
    }

    private static string NotUnderstood(string word) => $"'{word}' is not understood.";

    private static string SeeHelp(string problem, ParseResult parse) => $"{problem} See '{FullName(parse.CommandResult)} --help'.";

    /// <summary>What was taken for an argument, since the command has no such option; null where there is none.</summary>
    private static string? UnknownOption(ParseResult parse) => parse.CommandResult.Children.OfType<ArgumentResult>()
        .SelectMany(argument => argument.Tokens)
        .Select(token => token.Value)
        .FirstOrDefault(value => value.StartsWith("--", StringComparison.Ordinal));

    /// <summary>A command with the ones above it, such as <c>retnet torch prepare</c>.</summary>
    private static string FullName(SymbolResult result) =>
        result is CommandResult { Parent: { } parent, Command.Name: { } name } ? $"{FullName(parent)} {name}" : "retnet";

    private static int Run(ToolCommand command, CommandContext context)
    {
        context.Options.RequireAvailableDevice(context.Parse);
        command.Run(context);
        return Success;
    }

    private static string OneLine(Exception exception)
    {
        if (MemoryFailure.Of(exception) is { } failure)
            return failure;
        string message = exception is ArgumentException { ParamName: { } parameter }
            ? exception.Message.Replace($" (Parameter '{parameter}')", "", StringComparison.Ordinal)
            : exception.Message;
        return string.Join(
            ' ', message.Split((char[])['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }
}

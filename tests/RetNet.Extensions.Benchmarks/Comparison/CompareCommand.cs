using System.CommandLine;
using System.Diagnostics;
using RetNet.Extensions.Benchmarks.Engines;
using RetNet.Extensions.Benchmarks.Report;
using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary><c>compare</c>: measures this library beside llama.cpp, and writes the results.</summary>
internal sealed class CompareCommand : Command
{
    private const int RedirectedWidth = 220;

    private static readonly IMeasurement[] Measurements =
    [
        new SpeedMeasurement(SpeedMeasurement.Decode), new SpeedMeasurement(
            SpeedMeasurement.Prefill), new SpeedMeasurement(SpeedMeasurement.Tova),
        new LlamaBenchMeasurement(), new BatchMeasurement(), new AllocationMeasurement(), new BusyMeasurement(), new ColdStartMeasurement(),
        new RetNetMeasurement(), new BudgetMeasurement(),
    ];

    private readonly Option<string> _models = new("--models")
    {
        HelpName = "DIR",
        Description = "Folder of the synthetic models; those that are missing are written.",
        Required = true
    };
    private readonly Option<string> _llamaCpp = new("--llama-cpp")
    {
        HelpName = "FOLDER",
        Description =
            $"Folder with {LlamaCppEngine.Script} in which npm installed node-llama-cpp; without it this library is measured alone.",
        DefaultValueFactory = _ => Path.Combine("tests", "RetNet.Extensions.Benchmarks", "llama-cpp"),
    };

    private readonly Option<string?> _llamaBench = new("--llama-bench")
    {
        HelpName = "COMMAND",
        Description = "llama.cpp's own benchmark, as a second opinion."
    };
    private readonly Option<string?> _tool = new("--tool")
    {
        HelpName = "PROGRAM",
        Description = "The published retnet, for the cold start."
    };
    private readonly Option<string> _toolModel = new("--tool-model")
    {
        HelpName = "DIR",
        Description = "The model of the cold start.",
        DefaultValueFactory = _ => Path.Combine("examples", "models", "retnet-tinystories")
    };
    private readonly Option<int> _rounds = new("--rounds")
    {
        HelpName = "N",
        Description = "Times that everything is measured.",
        DefaultValueFactory = _ => 5
    };
    private readonly Option<int> _threads = new("--threads")
    {
        HelpName = "N",
        Description = "Threads that compute, on both sides.",
        DefaultValueFactory = _ => 2
    };
    private readonly Option<string> _contexts = new("--contexts")
    {
        HelpName = "LIST",
        Description = "Tokens before those that are generated.",
        DefaultValueFactory = _ => "16,512,2048,7900"
    };
    private readonly Option<string[]> _only = new("--only")
    {
        HelpName = "NAMES",
        Description = "Only these measurements; the others are taken from --data.",
        AllowMultipleArgumentsPerToken = true
    };
    private readonly Option<string> _data = new("--data")
    {
        HelpName = "FILE",
        Description = "The samples, JSON lines; those of earlier runs count where they are not measured anew.",
        DefaultValueFactory = _ =>
            Path.Combine("artifacts", "compare.jsonl")
    };
    private readonly Option<string?> _readme = new("--readme")
    {
        HelpName = "FILE",
        Description = $"Rewrite the table between '{MarkedSection.Begin}' and '{MarkedSection.End}'."
    };
    private readonly Option<string?> _plot = new("--plot") { HelpName = "FILE", Description = "Write the plot, SVG." };

    public CompareCommand()
        : base("compare", "Measures this library beside llama.cpp on the same weights, by turns.")
    {
        _only.AcceptOnlyFromAmong([.. Measurements.Select(measurement => measurement.Name), "none"]);
        foreach (Option option in (Option[])[_models, _llamaCpp, _llamaBench, _tool, _toolModel, _rounds, _threads, _contexts, _only, _data,
            _readme, _plot])
        {
            Add(option);
        }

        SetAction(Run);
    }

    private void Run(ParseResult parse)
    {
        string data = Path.GetFullPath(parse.GetValue(_data)!);
        Directory.CreateDirectory(Path.GetDirectoryName(data)!);
        string models = parse.GetRequiredValue(_models);
        Directory.CreateDirectory(models);
        long start = Stopwatch.GetTimestamp();
        Session session = new()
        {
            Log = new SampleLog(data),
            Models = models,
            Rounds = parse.GetValue(_rounds),
            Threads = parse.GetValue(_threads),
            Contexts = [.. parse.GetValue(_contexts)!.Split(',').Select(int.Parse)],
            LlamaCpp = LlamaCpp(parse.GetValue(_llamaCpp)!),
            LlamaBench = parse.GetValue(_llamaBench),
            Tool = parse.GetValue(_tool),
            ToolModel = parse.GetValue(_toolModel)!,
            Report = what => Console.Error.WriteLine($"{Stopwatch.GetElapsedTime(start):mm\\:ss} {what}"),
        };
        string[] only = parse.GetValue(_only) ?? [];
        foreach (IMeasurement measurement in Measurements.Where(measurement => only.Length == 0 || only.Contains(measurement.Name)))
            measurement.Run(session);
        Write(parse, session);
    }

    private static string? LlamaCpp(string folder)
    {
        if (LlamaCppEngine.IsInstalled(folder))
            return folder;
        Console.Error.WriteLine($"{folder} has no {LlamaCppEngine.Script} with node_modules/node-llama-cpp beside it: "
            + "llama.cpp is left out.");
        return null;
    }

    private void Write(ParseResult parse, Session session)
    {
        IReadOnlyList<Figure> figures = Figures.Of(session.Log);
        string machine = MachineLine.Of(session);
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = RedirectedWidth;
        AnsiConsole.Write(ConsoleTable.Of(figures));
        AnsiConsole.WriteLine(machine);
        string? plot = parse.GetValue(_plot);
        if (plot is not null && ContextPlot.ToSvg(session.Log, session.Shape) is { } svg)
            File.WriteAllText(plot, svg);
        if (parse.GetValue(_readme) is not { } readme)
            return;
        string picture = plot is null
            ? ""
            : "\n![Speed and state over the "
            + $"context]({Path.GetRelativePath(Path.GetDirectoryName(Path.GetFullPath(readme))!, plot).Replace('\\', '/')})\n";
        File.WriteAllText(readme, MarkedSection.Replace(File.ReadAllText(readme), $"{machine}\n\n{MarkdownTable.Of(figures)}{picture}"));
    }
}

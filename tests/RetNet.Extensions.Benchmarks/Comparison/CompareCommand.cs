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
        new DecodeMeasurement(), new PrefillMeasurement(), new BatchMeasurement(), new AllocationMeasurement(), new BusyMeasurement(),
        new ColdStartMeasurement(), new RetNetMeasurement(), new BudgetMeasurement(),
    ];

    private readonly Option<string> _models = new("--models")
    {
        HelpName = "DIR",
        Description = "Folder of the synthetic models; those that are missing are written.",
        Required = true
    };
    private readonly Option<string?> _llamaBench = new("--llama-bench")
    {
        HelpName = "COMMAND",
        Description = "llama.cpp's own benchmark, which sees the models at the same path; without it this library is measured alone.",
    };
    private readonly Option<string?> _ikLlamaBench = new("--ik-llama-bench")
    {
        HelpName = "COMMAND",
        Description = "The same of ik_llama.cpp."
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
        DefaultValueFactory = _ => "16,2048,7900"
    };
    private readonly Option<string[]> _formats = new("--formats")
    {
        HelpName = "NAMES",
        Description = "Only these weight formats.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [.. WeightKind.All.Select(kind => kind.Name)]
    };
    private readonly Option<string[]> _only = new("--only")
    {
        HelpName = "NAMES",
        Description = "Only these measurements; the others are taken from --data.",
        AllowMultipleArgumentsPerToken = true
    };
    private readonly Option<bool> _append = new("--append")
    {
        Description = "Add the rounds to those that --data has of the same figures, instead of replacing them.",
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
        _formats.AcceptOnlyFromAmong([.. WeightKind.All.Select(kind => kind.Name)]);
        foreach (Option option in (Option[])[_models, _llamaBench, _ikLlamaBench, _tool, _toolModel, _rounds, _threads, _contexts, _formats,
            _only, _append, _data, _readme, _plot])
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
            Log = new SampleLog(data, parse.GetValue(_append)),
            Models = models,
            Rounds = parse.GetValue(_rounds),
            Threads = parse.GetValue(_threads),
            Contexts = [.. parse.GetValue(_contexts)!.Split(',').Select(int.Parse)],
            Kinds = [.. WeightKind.All.Where(kind => parse.GetValue(_formats)!.Contains(kind.Name))],
            Peers = [.. Peers(parse)],
            Tool = parse.GetValue(_tool),
            ToolModel = parse.GetValue(_toolModel)!,
            Report = what => Console.Error.WriteLine($"{Stopwatch.GetElapsedTime(start):mm\\:ss} {what}"),
        };
        string[] only = parse.GetValue(_only) ?? [];
        foreach (IMeasurement measurement in Measurements.Where(measurement => only.Length == 0 || only.Contains(measurement.Name)))
            measurement.Run(session);
        Write(parse, session);
    }

    private IEnumerable<LlamaBench> Peers(ParseResult parse)
    {
        if (parse.GetValue(_llamaBench) is { } command)
            yield return LlamaBench.LlamaCpp(command);
        if (parse.GetValue(_ikLlamaBench) is { } ik)
            yield return LlamaBench.IkLlamaCpp(ik);
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

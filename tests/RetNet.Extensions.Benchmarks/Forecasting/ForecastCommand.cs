using System.CommandLine;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Tool.Forecasting;
using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Forecasting;

/// <summary><c>forecast MODEL SERIES…</c>: how well and how fast models forecast collections of series, beside baselines and R's ETS on
/// the same series.</summary>
internal sealed class ForecastCommand : Command
{
    private const int TableWidth = 220;

    private readonly Argument<string> _model = new("MODEL") { Description = "Folder of a forecasting model." };
    private readonly Argument<string[]> _series = new("SERIES")
    {
        Description = "Files with a line per series: id, period, season, horizon, history and future, tabs between them.",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<string[]> _beside = new("--beside")
    {
        HelpName = "MODEL",
        Description = "Another model to measure; may be given several times.",
        DefaultValueFactory = _ => [],
    };
    private readonly Option<int> _tova = new("--tova")
    {
        HelpName = "ROWS",
        Description = "Rows of keys and values that a Transformer keeps of a series, by TOVA; without it, all.",
    };
    private readonly Option<int> _fineTune = new("--fine-tune")
    {
        HelpName = "STEPS",
        Description = "Trains MODEL further on the histories of each file, in so many steps of 16 windows, and measures it on the futures.",
    };
    private readonly Option<int> _every = Integer("--every", "Measures every Nth series only, the first of them first.", 1);
    private readonly Option<int> _threads = Integer("--threads", "Threads of the models, and processes of R.", 2);
    private readonly Option<string> _rscript = new("--rscript")
    {
        HelpName = "PROGRAM",
        Description = "Rscript of an R with the package forecast; where there is none, its methods are left out.",
        DefaultValueFactory = _ => "Rscript",
    };
    private readonly Option<bool> _withoutR = new("--without-r") { Description = "Leaves R's methods out: its ETS takes long." };
    private readonly Option<string> _cache = new("--cache")
    {
        HelpName = "DIR",
        Description = "Folder that keeps the forecasts of R.",
        DefaultValueFactory = _ => Path.Combine("artifacts", "forecasts"),
    };

    public ForecastCommand()
        : base("forecast", "Measures forecasts of models beside seasonal naive, Theta and R's ETS on the same series.")
    {
        Add(_model);
        Add(_series);
        foreach (Option option in (Option[])[_beside, _tova, _fineTune, _every, _threads, _rscript, _withoutR, _cache])
            Add(option);
        SetAction(Run);
    }

    private void Run(ParseResult parse)
    {
        int threads = parse.GetValue(_threads), every = parse.GetValue(_every);
        StateOptions state = parse.GetValue(_tova) is > 0 and int rows
            ? new() { Policy = new Tova(rows) }
            : StateOptions.Default;
        ModelMethod[] models =
        [
            .. parse.GetValue(_beside)!.Prepend(parse.GetRequiredValue(_model)).Select(path => new ModelMethod(path, threads, state)),
        ];
        AnsiConsole.Profile.Width = TableWidth;
        foreach (string file in parse.GetRequiredValue(_series))
        {
            EvaluationSeries[] series = [.. SeriesFile.Read(file).Where((_, index) => index % every == 0)];
            RForecasts? r = parse.GetValue(_withoutR)
                ? null
                : RForecasts.Get(parse.GetValue(_rscript)!, series, parse.GetValue(_cache)!, threads);
            using ModelMethod? fineTuned = FineTuned(parse, file, series, state);
            IForecastMethod[] methods =
            [
                .. models, .. fineTuned is null ? [] : (ModelMethod[])[fineTuned],
                new BaselineMethod("seasonal naive", SeasonalNaive.Forecast), new BaselineMethod("Theta", Theta.Forecast),
                .. r is null ? [] : RForecasts.Methods.Select(r.Of),
            ];
            ForecastTable table = new(series, methods);
            AnsiConsole.WriteLine($"{Path.GetFileName(file)}, {series.Length:N0} series, {threads} threads");
            AnsiConsole.Write(table.Table());
        }

        foreach (ModelMethod model in models)
        {
            AnsiConsole.WriteLine($"{model.Name}, {threads} threads");
            AnsiConsole.Write(ForecastSpeed.Measure(model.Forecaster));
            model.Dispose();
        }
    }

    private ModelMethod? FineTuned(ParseResult parse, string file, EvaluationSeries[] series, StateOptions state)
    {
        if (parse.GetValue(_fineTune) is not (> 0 and int steps))
            return null;
        string folder = Path.Combine("artifacts", "fine-tuned", "on " + Path.GetFileNameWithoutExtension(file));
        FineTunedModel.Write(parse.GetRequiredValue(_model), series, steps, parse.GetValue(_threads), folder);
        return new ModelMethod(folder, parse.GetValue(_threads), state);
    }

    private static Option<int> Integer(string name, string description, int value)
    {
        Option<int> option = new(name) { HelpName = "N", Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError($"{name} is {result.GetValueOrDefault<int>()}; expected at least 1.");
        });
        return option;
    }
}

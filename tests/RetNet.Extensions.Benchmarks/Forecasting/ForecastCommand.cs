using System.CommandLine;
using RetNet.Extensions.Tool.Forecasting;
using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Forecasting;

/// <summary><c>forecast SERIES…</c>: how well baselines and R's ETS forecast collections of series, and in what time.</summary>
internal sealed class ForecastCommand : Command
{
    private const int TableWidth = 220;

    private readonly Argument<string[]> _series = new("SERIES")
    {
        Description = "Files with a line per series: id, period, season, horizon, history and future, tabs between them.",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<int> _every = Integer("--every", "Measures every Nth series only, the first of them first.", 1);
    private readonly Option<int> _threads = Integer("--threads", "Processes of R.", 2);
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
        : base("forecast", "Measures forecasts of seasonal naive, Theta and R's ETS on the same series.")
    {
        Add(_series);
        foreach (Option option in (Option[])[_every, _threads, _rscript, _withoutR, _cache])
            Add(option);
        SetAction(Run);
    }

    private void Run(ParseResult parse)
    {
        int threads = parse.GetValue(_threads), every = parse.GetValue(_every);
        AnsiConsole.Profile.Width = TableWidth;
        foreach (string file in parse.GetRequiredValue(_series))
        {
            EvaluationSeries[] series = [.. SeriesFile.Read(file).Where((_, index) => index % every == 0)];
            RForecasts? r = parse.GetValue(_withoutR)
                ? null
                : RForecasts.Get(parse.GetValue(_rscript)!, series, parse.GetValue(_cache)!, threads);
            IForecastMethod[] methods =
            [
                new BaselineMethod("seasonal naive", SeasonalNaive.Forecast), new BaselineMethod("Theta", Theta.Forecast),
                .. r is null ? [] : RForecasts.Methods.Select(r.Of),
            ];
            ForecastTable table = new(series, methods);
            AnsiConsole.WriteLine($"{Path.GetFileName(file)}, {series.Length:N0} series");
            AnsiConsole.Write(table.Table());
        }
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

using System.CommandLine;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.Tool.Forecasting;
using Spectre.Console;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet forecast-eval</c>: how well a model forecasts series whose future is known.</summary>
internal sealed class ForecastEvalCommand : ToolCommand
{
    private readonly Argument<string[]> _files = new("SERIES")
    {
        Description = "Files with a line per series: id, period, season, horizon, history and future, tabs between them, and commas "
            + "between the values of the last two.",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly ForecastModel _model = new();

    public ForecastEvalCommand()
        : base("forecast-eval", "Measures how well a model forecasts series whose future is known.")
    {
        Add(_files);
        _model.AddTo(this);
    }

    public override void Run(CommandContext context)
    {
        EvaluationSeries[] series = [.. context.Parse.GetRequiredValue(_files).SelectMany(SeriesFile.Read)];
        using Forecaster forecaster = _model.Load(context);
        ForecastMeasure[] measures = ForecastMeasure.OfPeriods(
            forecaster, series, seasons => _model.OptionsOf(context, seasons), context.Cancellation);
        if (context.Json)
        {
            context.WriteJson(json => Array.ForEach(measures, measure => measure.WriteTo(json)));
            return;
        }

        Table table = new Table().NoBorder().AddColumn("period");
        foreach (string name in (string[])["series", "sMAPE", "MASE", "WQL", "80 % coverage", "seconds"])
            table.AddColumn(name, column => column.RightAligned());
        foreach (ForecastMeasure measure in measures)
        {
            ForecastAccuracy accuracy = measure.Accuracy;
            table.AddRow(
                Markup.Escape(measure.Period), $"{accuracy.Series:N0}", $"{accuracy.Smape:F2}", $"{accuracy.Mase:F3}",
                $"{accuracy.WeightedQuantileLoss:F4}", $"{accuracy.Coverage80:P1}", $"{measure.Time.TotalSeconds:F2}");
        }

        context.Console.FormattedText().Write(table);
    }
}

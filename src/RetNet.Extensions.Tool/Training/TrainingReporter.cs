using System.Diagnostics;
using RetNet.Extensions.Core.Training;
using Spectre.Console;

namespace RetNet.Extensions.Tool.Training;

/// <summary>Shows the progress of a training: a bar on a terminal, otherwise a line from time to time.</summary>
/// <param name="error">Receives the lines.</param>
internal sealed class TrainingReporter(TextWriter error) : IProgress<TrainingProgress>
{
    private const double Smoothing = 0.05;

    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);

    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();
    private double? _loss;
    private double? _validationLoss;

    /// <summary>The bar; null for lines.</summary>
    public ProgressTask? Bar { get; set; }

    /// <summary>The last report.</summary>
    public TrainingProgress? Last { get; private set; }

    /// <summary>Trains, and shows the progress unless the command writes JSON.</summary>
    /// <param name="context">The command.</param>
    /// <param name="train">Trains, and tells about each step.</param>
    public static TrainingResult Run(CommandContext context, Func<IProgress<TrainingProgress>?, TrainingResult> train)
    {
        TrainingReporter reporter = new(context.Console.Error);
        try
        {
            if (context.Json || !context.Console.ErrorIsTerminal)
                return train(context.Json ? null : reporter);
            return context.Console.FormattedError().Progress()
                .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn()).Start(progress =>
            {
                reporter.Bar = progress.AddTask("training", maxValue: 1);
                return train(reporter);
            });
        }
        catch (OperationCanceledException) when (reporter.Last is { } last)
        {
            context.Console.Error.WriteLine($"retnet: stopped after step {last.Step:N0}; continue with --resume and the same options.");
            throw;
        }
    }

    public void Report(TrainingProgress value)
    {
        Last = value;
        if (!double.IsNaN(value.Loss))
            _loss = _loss is { } before ? before + (Smoothing * (value.Loss - before)) : value.Loss;
        _validationLoss = value.ValidationLoss ?? _validationLoss;
        if (Bar is not null)
        {
            // A time limit may end training long before its steps are done.
            double share = value.Elapsed / (value.Elapsed + value.Remaining);
            Bar.Value = Bar.MaxValue * (double.IsFinite(share) ? share : 1);
            Bar.Description = Markup.Escape(Describe(value));
        }
        else if (value.Step == value.Steps || _sinceLine.Elapsed >= LineInterval)
        {
            error.WriteLine(Describe(value));
            _sinceLine.Restart();
        }
    }

    /// <summary>Hours (including those of days), minutes and seconds.</summary>
    public static string Time(TimeSpan time) => time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time:mm\\:ss}" : $"{time:m\\:ss}";

    private string Describe(TrainingProgress value)
    {
        string validation = _validationLoss is { } loss ? $", validation {loss:F3}" : "";
        return $"step {value.Step:N0} of {Steps(value)}, loss {_loss ?? double.NaN:F3}{validation}, {value.TokensPerSecond:N0} tokens/s, "
            + $"{Time(value.Remaining)} left";
    }

    // If only the time is limited, there are more steps than can be done.
    private static string Steps(TrainingProgress value) => value.Steps > 100_000_000 ? "many" : $"{value.Steps:N0}";
}

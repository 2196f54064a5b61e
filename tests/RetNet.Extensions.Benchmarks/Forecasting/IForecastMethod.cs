using RetNet.Extensions.Tool.Forecasting;

namespace RetNet.Extensions.Benchmarks.Forecasting;

/// <summary>A way to forecast series that is measured.</summary>
internal interface IForecastMethod
{
    /// <summary>As the table has it.</summary>
    string Name { get; }

    /// <summary>Forecasts series that have one horizon.</summary>
    ForecastRun Run(EvaluationSeries[] series);
}

/// <summary>What a method forecast, and what that took.</summary>
/// <param name="Quantiles">The quantiles 0.1 … 0.9 of each series, <c>[horizon × 9]</c>.</param>
/// <param name="ProcessorSeconds">Processor time of all threads.</param>
/// <param name="Seconds">Time on the clock; null where that was not measured.</param>
/// <param name="PeakMegabytes">The largest resident memory of the process meanwhile; 0 where it is not known.</param>
internal sealed record ForecastRun(double[][] Quantiles, double ProcessorSeconds, double? Seconds, double PeakMegabytes);

using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.ML.Schema;
using RetNet.Extensions.ML.Series;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>How improbable the value of each row was by the forecast from the rows before it.</summary>
/// <param name="options">Confidence and side.</param>
internal sealed class AnomalyStep(RetNetAnomalyEstimator.Options options) : SeriesStep
{
    // As in ML.NET's detectors.
    private const double SmallestProbability = 1e-8;

    private static readonly double[] Unknown = [0, double.NaN, double.NaN];

    private double[] _row = Unknown;

    public override void Observe(LiveSeries series, double value, SeriesTime time)
    {
        long observed = series.Observed;
        SeriesForecast? forecast = series.ForecastAndAdd(value, time);
        _row = forecast is null || double.IsNaN(value) ? Unknown : Judge(forecast, observed, value);
    }

    public override void Show(LiveSeries series) => _row = Unknown;

    public override void Complete()
    {
    }

    public override Delegate CreateGetter(int output) =>
        (ValueGetter<VBuffer<double>>)((ref VBuffer<double> vector) => VectorValues.Write(_row, ref vector));

    private double[] Judge(SeriesForecast forecast, long observed, double value)
    {
        double below = forecast.Probability(0, value);
        double p = options.Side switch
        {
            RetNetAnomalySide.Positive => 1 - below,
            RetNetAnomalySide.Negative => below,
            _ => 2 * Math.Min(below, 1 - below),
        };

        // That n values were equal does not say that the next one is: the rule of succession gives another value about 1 / (n + 1).
        bool neverChanged = forecast.Values[0] == forecast.Values[^1];
        p = Math.Max(p, neverChanged ? 1.0 / (observed + 1) : SmallestProbability);
        return [p < 1 - (options.Confidence / 100) ? 1 : 0, value - forecast.Median[0], p];
    }
}

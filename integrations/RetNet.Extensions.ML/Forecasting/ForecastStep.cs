using RetNet.Extensions.ML.Rows;
using RetNet.Extensions.ML.Series;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>The forecast of what follows each row. It is computed when a column asks for it.</summary>
/// <param name="options">Horizon and confidence level.</param>
/// <param name="columns">The added columns.</param>
internal sealed class ForecastStep(
    RetNetForecastingEstimator.Options options, IReadOnlyList<OutputColumn<RowForecast>> columns) : SeriesStep
{
    private LiveSeries? _series;
    private RowForecast? _row;

    public override void Observe(LiveSeries series, double value, SeriesTime time)
    {
        series.Add(value, time);
        Show(series);
    }

    public override void Show(LiveSeries series) => (_series, _row) = (series, null);

    public override void Complete() => Row();

    public override Delegate CreateGetter(int output) => columns[output].CreateGetter(Row);

    private RowForecast Row()
    {
        if (_row is not null)
            return _row;
        if (_series is null)
            throw new InvalidOperationException("The cursor is not on a row; call MoveNext before reading a value.");
        int horizon = Horizon ?? options.Horizon;
        return _row = new RowForecast(_series.Forecast(horizon), horizon, ConfidenceLevel ?? options.ConfidenceLevel);
    }
}

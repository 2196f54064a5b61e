using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Rows;
using RetNet.Extensions.ML.Series;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>Adds the forecast of what follows each row: of the row's series up to it, or of the series that the row holds.</summary>
/// <remarks>The columns are vectors of the horizon's length and of the input's type: the point forecast, which is the median, and where
/// they are named the bounds and the quantiles. They are NaN as long as all values of a series are missing; a series that never changed is
/// forecast to stay as it is.</remarks>
public sealed class RetNetForecastingTransformer : RetNetSeriesTransformer, ISavedTransformer
{
    internal const string LoaderName = "RetNetForecasting";

    private static readonly ArchiveFormat SavedAs = new("RETNFCST", LoaderName);

    private readonly RetNetForecastingEstimator.Options _options;
    private readonly KnownSeries _series;

    internal RetNetForecastingTransformer(
        IHost host, HeldForecaster model, RetNetForecastingEstimator.Options options, KnownSeries series)
        : base(host, model, options, series) => (_options, _series) = (options, series);

    static ArchiveFormat ISavedTransformer.Format => SavedAs;

    private protected override ArchiveFormat Format => SavedAs;

    private protected override bool IsRowToRowMapper => _options.IsWide;

    /// <summary>Adds the columns to the last row of each series, and leaves out the other rows: what comes next, once for each series. All
    /// series are forecast together.</summary>
    /// <param name="input">The data.</param>
    /// <returns>A row for each series, in the order of the data. Of data with a whole series per row all rows.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    public IDataView TransformLast(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (_options.IsWide)
            return Transform(input);
        SeriesMapper mapper = CreateMapper(input.Schema);
        return new LastRowsView(
            Host, input, this, mapper, ForecastColumns.Create(_options, mapper.Columns.Value.Type), ForecastLast);
    }

    internal override SeriesMapper CreateMapper(DataViewSchema input)
    {
        SeriesColumns columns = SeriesColumns.Bind(input, _options);
        IReadOnlyList<OutputColumn<RowForecast>> outputs = ForecastColumns.Create(_options, columns.Value.Type);
        return new SeriesMapper(
            input, columns, outputs.Select(output => output.Declaration), () => new ForecastStep(_options, outputs));
    }

    private protected override RetNetSeriesTransformer With(KnownSeries series) =>
        new RetNetForecastingTransformer(Host, Model, _options, series);

    private protected override AddedColumns CreateColumns(DataViewSchema input) =>
        _options.IsWide ? CreateWideMapper(input) : base.CreateColumns(input);

    private protected override IDataView CreateView(IDataView input) => _options.IsWide
        ? new MappedDataView(
            Host, input, this, CreateWideMapper(input.Schema), _options.BatchSize, SeriesDataView.MissingOperator, () => { })
        : base.CreateView(input);

    private protected override IRowToRowMapper CreateRowMapper(DataViewSchema input) =>
        _options.IsWide ? CreateWideMapper(input) : base.CreateRowMapper(input);

    private protected override ArchiveWriter WriteSettings(ArchiveWriter archive) => archive.AddSettings(_options);

    static ITransformer ISavedTransformer.Load(IHost host, ArchiveReader archive) =>
        SeriesTransformerLoader.Load<RetNetForecastingEstimator.Options>(host, archive,
            (model, options, series) => new RetNetForecastingTransformer(host, model, options, series));

    private RowMapper CreateWideMapper(DataViewSchema input)
    {
        DataViewSchema.Column column = WideSeries.Bind(input, _options);
        return RowMapper.Create(Host, input, [column], row => WideSeries.Reader(row, column), AreEqual,
            ForecastColumns.Create(_options, WideSeries.ItemType(column)!), Forecast);
    }

    private static bool AreEqual(double[] one, double[] other) => one.AsSpan().SequenceEqual(other);

    private RowForecast[] Forecast(IReadOnlyList<double[]> rows) =>
        Forecast([.. rows.Select(values => WideSeries.ToInput(values, _options))]);

    /// <summary>Forecasts all series in one batch that have a value.</summary>
    private RowForecast[] Forecast(SeriesInput[] series)
    {
        int[] observed = [.. Enumerable.Range(0, series.Length).Where(i => series[i].Values.Span.ContainsAnyExcept(double.NaN))];
        IReadOnlyList<SeriesForecast> forecasts = Model.Forecaster.ForecastAll(
            [.. observed.Select(i => series[i])], _options.Horizon);
        RowForecast[] results = [.. series.Select(_ => new RowForecast(null, _options.Horizon, _options.ConfidenceLevel))];
        for (int i = 0; i < observed.Length; i++)
            results[observed[i]] = results[observed[i]] with { Forecast = forecasts[i] };
        return results;
    }

    /// <summary>Forecasts all series of long data.</summary>
    private IReadOnlyList<RowForecast> ForecastLast(SeriesRows rows)
    {
        if (!_options.ContinueSeries)
        {
            return Forecast([.. rows.Names.Select(name => new SeriesInput(
                rows.Values(name, _series.ClockOf(name), _series.PlaceOf(name)), _options.ToSeriesOptions(_series.SeasonsOf(name))))]);
        }

        List<RowForecast> forecasts = [];
        foreach (string name in rows.Names)
        {
            Host.CheckAlive();
            using LiveSeries series = _series.Begin(Model.Forecaster, name, _series.HistoryOf(name, continues: true));
            rows.AddTo(name, series);
            forecasts.Add(new RowForecast(series.Forecast(_options.Horizon), _options.Horizon, _options.ConfidenceLevel));
        }

        return forecasts;
    }
}

using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Rows;

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

    internal RetNetForecastingTransformer(
        IHost host, HeldForecaster model, RetNetForecastingEstimator.Options options, KnownSeries series)
        : base(host, model, options, series) => _options = options;

    static ArchiveFormat ISavedTransformer.Format => SavedAs;

    private protected override ArchiveFormat Format => SavedAs;

    private protected override bool IsRowToRowMapper => _options.IsWide;

    internal override SeriesMapper CreateMapper(DataViewSchema input)
    {
        SeriesColumns columns = SeriesColumns.Bind(input, _options);
        IReadOnlyList<OutputColumn<RowForecast>> outputs = ForecastColumns.Create(_options, columns.Value.Type);
        return new SeriesMapper(
            input, columns, outputs.Select(output => output.Declaration), () => new ForecastStep(_options, outputs));
    }

    internal override RetNetSeriesTransformer With(KnownSeries series) =>
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

    /// <summary>Forecasts all series in one batch that have a value.</summary>
    private RowForecast[] Forecast(IReadOnlyList<double[]> rows)
    {
        int[] observed = [.. Enumerable.Range(0, rows.Count).Where(row => !rows[row].All(double.IsNaN))];
        IReadOnlyList<SeriesForecast> forecasts = Model.Forecaster.ForecastAll(
            [.. observed.Select(row => new SeriesInput(rows[row], new SeriesOptions { SeasonLengths = _options.SeasonsOf(rows[row]) }))],
            _options.Horizon);
        RowForecast[] results = [.. rows.Select(_ => new RowForecast(null, _options.Horizon, _options.ConfidenceLevel))];
        for (int i = 0; i < observed.Length; i++)
            results[observed[i]] = results[observed[i]] with { Forecast = forecasts[i] };
        return results;
    }
}

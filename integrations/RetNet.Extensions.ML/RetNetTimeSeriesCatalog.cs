using Microsoft.ML.Data;
using RetNet.Extensions.ML.Forecasting;
using RetNet.Extensions.ML.Interop;

namespace Microsoft.ML;

/// <summary>Forecasts and anomalies of time series, by a RetNet that has been trained on synthetic series of every kind.</summary>
/// <remarks>
/// The model needs no training, no window and no least number of values. It reads series with an observation per row, one or many in a data
/// view, or for forecasts with a whole series per row. It runs on the CPU and is saved inside the ML.NET model.
/// </remarks>
public static class RetNetTimeSeriesCatalog
{
    /// <summary>Forecasts series. Names and meanings of the parameters are those of ML.NET's <c>ForecastBySsa</c> where that has
    /// them.</summary>
    /// <remarks>
    /// <para>Each row shows the forecast of what follows it. <c>Fit</c> reads the series, and a time series engine continues them from
    /// there. What is transformed is read from the first row of each series on, unless <paramref name="continueSeries"/> says that it
    /// follows the data of <c>Fit</c>.</para>
    /// <para>A forecast costs at most one step of the model for each row of which a column is read, and one more for every eight steps of
    /// the horizon above 24.</para>
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column of forecasts to add, vectors of <paramref name="horizon"/> values of the input's
    /// type.</param>
    /// <param name="inputColumnName">The column of values, <see cref="float"/> or <see cref="double"/>, NaN for a missing one, or of
    /// vectors that hold a whole series each; null for the one named <paramref name="outputColumnName"/>.</param>
    /// <param name="horizon">The number of steps to forecast, 1 to 1000.</param>
    /// <param name="confidenceLowerBoundColumn">The column of lower bounds to add; null for none.</param>
    /// <param name="confidenceUpperBoundColumn">The column of upper bounds to add; null for none.</param>
    /// <param name="confidenceLevel">The probability that a value lies between the bounds, at least 0 and below 1.</param>
    /// <param name="groupColumnName">The column that tells the series of a data view apart; null where all rows are one series.</param>
    /// <param name="timestampColumnName">The column of timestamps, ascending within each series; null where each row is the next
    /// step.</param>
    /// <param name="seasonLengths">The lengths of the seasons in steps, at most two; empty for none, null for those that are usual for the
    /// time of a step, such as 7 for days, if the series holds them at least twice, and otherwise those that its values show.</param>
    /// <param name="quantilesColumn">The column of <c>[horizon × 9]</c> quantiles to add; null for none.</param>
    /// <param name="continueSeries">Whether the rows that are transformed follow those that <c>Fit</c> has read.</param>
    /// <param name="modelPath">The folder of a forecaster; null for the weights that are part of this library.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    public static RetNetForecastingEstimator ForecastByRetNet(
        this ForecastingCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        int horizon,
        string? confidenceLowerBoundColumn = null,
        string? confidenceUpperBoundColumn = null,
        float confidenceLevel = 0.95f,
        string? groupColumnName = null,
        string? timestampColumnName = null,
        int[]? seasonLengths = null,
        string? quantilesColumn = null,
        bool continueSeries = false,
        string? modelPath = null) => catalog.ForecastByRetNet(new RetNetForecastingEstimator.Options
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            Horizon = horizon,
            ConfidenceLowerBoundColumn = confidenceLowerBoundColumn,
            ConfidenceUpperBoundColumn = confidenceUpperBoundColumn,
            ConfidenceLevel = confidenceLevel,
            GroupColumnName = groupColumnName,
            TimestampColumnName = timestampColumnName,
            SeasonLengths = seasonLengths,
            QuantilesColumn = quantilesColumn,
            ContinueSeries = continueSeries,
            ModelPath = modelPath,
        });

    /// <summary>Forecasts series.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">All options.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    public static RetNetForecastingEstimator ForecastByRetNet(
        this ForecastingCatalog catalog, RetNetForecastingEstimator.Options options) => new(catalog.Environment(), options);

    /// <summary>Finds values that do not fit what came before them. The columns are those of ML.NET's <c>DetectIidSpike</c> and
    /// <c>DetectSpikeBySsa</c>.</summary>
    /// <remarks>A row costs at most one step of the model. The rows are read as those of <see
    /// cref="ForecastByRetNet(ForecastingCatalog, RetNetForecastingEstimator.Options)"/> are.</remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column to add, a vector of <see cref="double"/>: alert, raw score and p-value.</param>
    /// <param name="inputColumnName">The column of values, <see cref="float"/> or <see cref="double"/>, NaN for a missing one; null for the
    /// one named <paramref name="outputColumnName"/>.</param>
    /// <param name="confidence">How certain an alert is, in percent, from 0 to 100.</param>
    /// <param name="side">On which side of the forecast anomalies lie.</param>
    /// <param name="groupColumnName">The column that tells the series of a data view apart; null where all rows are one series.</param>
    /// <param name="timestampColumnName">The column of timestamps, ascending within each series; null where each row is the next
    /// step.</param>
    /// <param name="seasonLengths">The lengths of the seasons in steps, at most two; empty for none, null for those that are usual for the
    /// time of a step, such as 7 for days, if the series holds them at least twice, and otherwise those that its values show.</param>
    /// <param name="continueSeries">Whether the rows that are transformed follow those that <c>Fit</c> has read.</param>
    /// <param name="modelPath">The folder of a forecaster; null for the weights that are part of this library.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    public static RetNetAnomalyEstimator DetectAnomalyByRetNet(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        double confidence = 95,
        RetNetAnomalySide side = RetNetAnomalySide.TwoSided,
        string? groupColumnName = null,
        string? timestampColumnName = null,
        int[]? seasonLengths = null,
        bool continueSeries = false,
        string? modelPath = null) => catalog.DetectAnomalyByRetNet(new RetNetAnomalyEstimator.Options
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            Confidence = confidence,
            Side = side,
            GroupColumnName = groupColumnName,
            TimestampColumnName = timestampColumnName,
            SeasonLengths = seasonLengths,
            ContinueSeries = continueSeries,
            ModelPath = modelPath,
        });

    /// <summary>Finds values that do not fit what came before them.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">All options.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    public static RetNetAnomalyEstimator DetectAnomalyByRetNet(
        this TransformsCatalog catalog, RetNetAnomalyEstimator.Options options) => new(catalog.Environment(), options);

    /// <summary>Creates an engine that is fed with observations and forecasts or judges them at any moment, as ML.NET's
    /// <c>CreateTimeSeriesEngine</c>.</summary>
    /// <typeparam name="TSrc">The type of an example.</typeparam>
    /// <typeparam name="TDst">The type of an answer.</typeparam>
    /// <param name="transformer">A transformer of <c>ForecastByRetNet</c> or <c>DetectAnomalyByRetNet</c>, or a pipeline with one or more
    /// of them; the other stages map each row by itself.</param>
    /// <param name="context">Converts examples and answers.</param>
    /// <param name="ignoreMissingColumns">Whether the answer may have members without a column.</param>
    /// <param name="inputSchemaDefinition">Names the columns of the example; null for its members' names.</param>
    /// <param name="outputSchemaDefinition">Names the columns of the answer; null for its members' names.</param>
    /// <returns>The engine. Dispose it to release the memory of its series.</returns>
    /// <exception cref="ArgumentException">No stage follows series.</exception>
    public static RetNetTimeSeriesEngine<TSrc, TDst> CreateRetNetTimeSeriesEngine<TSrc, TDst>(
        this ITransformer transformer,
        MLContext context,
        bool ignoreMissingColumns = false,
        SchemaDefinition? inputSchemaDefinition = null,
        SchemaDefinition? outputSchemaDefinition = null)
        where TSrc : class, new()
        where TDst : class, new()
    {
        ArgumentNullException.ThrowIfNull(transformer);
        ArgumentNullException.ThrowIfNull(context);
        return new RetNetTimeSeriesEngine<TSrc, TDst>(
            context, transformer, ignoreMissingColumns, inputSchemaDefinition, outputSchemaDefinition);
    }
}

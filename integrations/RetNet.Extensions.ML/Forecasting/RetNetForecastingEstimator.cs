using Microsoft.ML;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Schema;
using RetNet.Extensions.ML.Series;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>Forecasts series that the model need not be trained on: <c>Fit</c> reads the rows, so that an engine can continue the
/// series.</summary>
public sealed partial class RetNetForecastingEstimator : IEstimator<RetNetForecastingTransformer>
{
    private readonly IHost _host;
    private readonly Options _options;

    internal RetNetForecastingEstimator(IHostEnvironment environment, Options options)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _host = environment.Register(nameof(RetNetForecastingEstimator));
        _options = (Options)options.Copy();
    }

    /// <summary>Loads the model and reads the series.</summary>
    /// <param name="input">The series: an observation per row, or a whole series per row, whose rows
    /// are only read for training.</param>
    /// <returns>The transformer. Dispose it to release the weights.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    /// <exception cref="ArgumentException">A value is infinite or too large, or for training no series is long enough.</exception>
    /// <exception cref="InvalidOperationException">Timestamps do not ascend within a series, or two rows are in one step; or this library
    /// was built without weights and the options name no model.</exception>
    /// <exception cref="Core.Training.TrainingException">The loss of the training is no longer a finite number.</exception>
    /// <exception cref="OperationCanceledException">The <see cref="MLContext"/> or the training was cancelled.</exception>
    /// <exception cref="Core.Checkpoints.CheckpointException">The model is missing, malformed or no forecaster.</exception>
    public RetNetForecastingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Options options = (Options)_options.Copy();
        options.IsWide = SeriesColumns.IsWide(input.Schema, options);
        SeriesColumns? columns = options.IsWide ? null : SeriesColumns.Bind(input.Schema, options);
        DataViewSchema.Column? wide = options.IsWide ? WideSeries.Bind(input.Schema, options) : null;
        KnownSeries series = columns is null ? KnownSeries.None(options) : SeriesRows.Read(_host, input, columns).Keep(options);
        HeldForecaster model = HeldForecaster.Open(options.ModelPath, options.Threads);
        if (options.FineTuning is not null)
        {
            model = model.HandTo(before => FineTuning.Run(
                _host, before, wide is { } column ? WideSeries.Read(_host, input, column, options) : series.ToInputs(), options));
        }

        return model.HandTo(held => new RetNetForecastingTransformer(_host, held, options, series.Shorten(held.Forecaster)));
    }

    /// <summary>The output schema.</summary>
    /// <param name="inputSchema">The input's shape.</param>
    /// <returns>The input's columns and those that are added.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        SchemaShape.Column value = SeriesColumns.Check(inputSchema, _options, allowVectors: true);
        if (value.Kind != SchemaShape.Column.VectorKind.Scalar)
            WideSeries.RequireNoOtherColumns(_options);
        return inputSchema.With(ForecastColumns.Shapes(_options, value.ItemType));
    }
}

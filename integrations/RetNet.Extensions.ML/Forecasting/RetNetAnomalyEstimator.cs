using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Schema;
using RetNet.Extensions.ML.Series;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>Finds values that do not fit what came before them, without training: <c>Fit</c> reads the rows, so that an engine can continue
/// the series.</summary>
public sealed partial class RetNetAnomalyEstimator : IEstimator<RetNetAnomalyTransformer>
{
    private readonly IHost _host;
    private readonly Options _options;

    internal RetNetAnomalyEstimator(IHostEnvironment environment, Options options)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _host = environment.Register(nameof(RetNetAnomalyEstimator));
        _options = (Options)options.Copy();
    }

    /// <summary>Loads the model and reads the series.</summary>
    /// <param name="input">The series, an observation per row.</param>
    /// <returns>The transformer. Dispose it to release the weights.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    /// <exception cref="ArgumentException">A value is infinite or too large.</exception>
    /// <exception cref="InvalidOperationException">Timestamps do not ascend within a series, or two rows are in one step; or this library
    /// was built without weights and the options name no model.</exception>
    /// <exception cref="OperationCanceledException">The <see cref="MLContext"/> was cancelled.</exception>
    /// <exception cref="Core.Checkpoints.CheckpointException">The model is missing, malformed or no forecaster.</exception>
    public RetNetAnomalyTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        SeriesColumns columns = SeriesColumns.Bind(input.Schema, _options);
        KnownSeries series = SeriesRows.Read(_host, input, columns).Keep(_options);
        return HeldForecaster.Open(_options.ModelPath, _options.Threads).HandTo(model =>
            new RetNetAnomalyTransformer(_host, model, _options, series.Shorten(model.Forecaster)));
    }

    /// <summary>The output schema.</summary>
    /// <param name="inputSchema">The input's shape.</param>
    /// <returns>The input's columns and the one that is added.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        SeriesColumns.Check(inputSchema, _options, allowVectors: false);
        return inputSchema.With(ColumnShapes.Vector(
            _options.OutputColumnName, NumberDataViewType.Double, ColumnShapes.Vector(ColumnKinds.SlotNames, TextDataViewType.Instance)));
    }
}

using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Rows;
using RetNet.Extensions.ML.Series;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>A transformer that follows series from row to row and adds what a forecaster says of each row.</summary>
/// <remarks>
/// <para>Rows are read in their order, by each cursor from the first one on; a row costs at most one step of the model for each added value
/// that is read. Any number of cursors and engines may use one transformer at the same time.</para>
/// <para>Weights, options and what is known of the series are saved inside ML.NET's model archive; <c>mlContext.Model.Load</c> needs
/// neither a registration nor a file beside it, only this assembly among those of the program.</para>
/// <para>Disposing it releases the weights; engines that were created from it can't be used any more.</para>
/// </remarks>
public abstract class RetNetSeriesTransformer : ITransformer, IDisposable
{
    private readonly RetNetSeriesOptions _options;
    private readonly KnownSeries _series;

    private protected RetNetSeriesTransformer(IHost host, HeldForecaster model, RetNetSeriesOptions options, KnownSeries series)
    {
        (Host, Model, _options, _series) = (host, model, options, series);
    }

    bool ITransformer.IsRowToRowMapper => IsRowToRowMapper;

    /// <summary>The name of the column that tells series apart; null where there is one series.</summary>
    internal string? GroupColumnName => _options.GroupColumnName;

    /// <summary>The names of the series that <c>Fit</c> has read.</summary>
    internal IEnumerable<string> SeriesNames => _series.Names;

    private protected virtual bool IsRowToRowMapper => false;

    private protected IHost Host { get; }

    private protected HeldForecaster Model { get; }

    private protected abstract ArchiveFormat Format { get; }

    /// <summary>The output schema.</summary>
    /// <param name="inputSchema">The input's schema.</param>
    /// <returns>The input's columns followed by the added ones.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return CreateColumns(inputSchema).OutputSchema;
    }

    /// <summary>Adds the columns. Nothing is read before a cursor moves.</summary>
    /// <param name="input">The data.</param>
    /// <returns>The data with the added columns.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return CreateView(input);
    }

    /// <summary>Releases the weights, as soon as no row is being read.</summary>
    public void Dispose()
    {
        Model.Dispose();
        GC.SuppressFinalize(this);
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return CreateRowMapper(inputSchema);
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArchiveWriter archive = new(ctx, Format);
        _series.WriteTo(Model.Write(WriteSettings(archive))).Save();
    }

    /// <summary>The series of a cursor or an engine.</summary>
    /// <param name="continues">Whether they go on behind the rows that <c>Fit</c> has read.</param>
    internal LiveSeriesSet Follow(bool continues) =>
        new(name => _series.HistoryOf(name, continues), (name, history) => _series.Begin(Model.Forecaster, name, history));

    /// <summary>The same transformer with what is known of some series by now; it shares the weights.</summary>
    internal RetNetSeriesTransformer With(IEnumerable<KeyValuePair<string, SeriesHistory>> series) => With(_series.With(series));

    private protected abstract RetNetSeriesTransformer With(KnownSeries series);

    /// <summary>Binds the transformer to data with an observation per row.</summary>
    internal abstract SeriesMapper CreateMapper(DataViewSchema input);

    private protected abstract ArchiveWriter WriteSettings(ArchiveWriter archive);

    private protected virtual AddedColumns CreateColumns(DataViewSchema input) => CreateMapper(input);

    private protected virtual IDataView CreateView(IDataView input) =>
        new SeriesDataView(Host, input, this, CreateMapper(input.Schema), () => Follow(_options.ContinueSeries));

    private protected virtual IRowToRowMapper CreateRowMapper(DataViewSchema input) => throw new InvalidOperationException(
        $"{GetType().Name} follows its series from row to row, so that a row by itself cannot be mapped; "
            + "use CreateRetNetTimeSeriesEngine.");
}

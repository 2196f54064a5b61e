using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Rows;

namespace RetNet.Extensions.ML;

/// <summary>A transformer that runs a language model on the text columns of each row and adds its results as columns.</summary>
/// <remarks>
/// <para>
/// Cursors read rows ahead and score them together, but only when an added column is requested. A row's values do not depend on the other
/// rows; vectors of texts are remembered for those who read the same data view again. A missing text counts as an empty one. Any number
/// of cursors and prediction engines may use one transformer at the same time.
/// </para>
/// <para>
/// Weights, tokenizer and options are saved inside ML.NET's model archive; <c>mlContext.Model.Load</c> needs neither a registration nor a
/// file beside it, only this assembly among those of the program. The loaded model gives the same values, bit for bit.
/// </para>
/// <para>Disposing it, which a prediction engine does with the transformer it was created for unless told otherwise, releases the
/// weights.</para>
/// </remarks>
public abstract class RetNetTransformer : ITransformer, IDisposable
{
    private readonly int _batchSize;
    private int _hints;

    private protected RetNetTransformer(IHost host, HeldModel model, int batchSize)
    {
        (Host, Model, _batchSize) = (host, model, batchSize);
    }

    bool ITransformer.IsRowToRowMapper => true;

    private protected IHost Host { get; }

    private protected HeldModel Model { get; }

    private protected abstract ArchiveFormat Format { get; }

    /// <summary>The output schema.</summary>
    /// <param name="inputSchema">The input's schema.</param>
    /// <returns>The input's columns followed by the added ones.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A text column is missing or of another type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return CreateMapper(inputSchema).OutputSchema;
    }

    /// <summary>Adds the columns. Nothing is read or scored before a cursor moves and a value is requested.</summary>
    /// <param name="input">The data.</param>
    /// <returns>The data with the added columns.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A text column is missing or of another type.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new MappedDataView(Host, input, this, CreateMapper(input.Schema), _batchSize, "the tokenizer of its model", HintAtCache);
    }

    /// <summary>Releases the weights, as soon as no row is being scored.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return CreateMapper(inputSchema);
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArchiveWriter archive = new(ctx, Format);
        Write(archive);
        archive.Save();
    }

    private protected abstract RowMapper CreateMapper(DataViewSchema input);

    /// <summary>Adds the entries that the transformer is read from later.</summary>
    private protected abstract void Write(ArchiveWriter archive);

    private protected virtual void Release() => Model.Dispose();

    private void HintAtCache()
    {
        if (Interlocked.Increment(ref _hints) > 1)
            return;
        using IChannel channel = Host.Start("Transform");
        channel.Warning(MessageSensitivity.None, $"{GetType().Name} runs its model on the same rows for the "
            + $"{MappedDataView.ManyPasses}th time: a trainer that reads its rows many times is faster with AppendCacheCheckpoint before "
            + "it, and data that is read again with MLContext.Data.Cache.");
    }
}

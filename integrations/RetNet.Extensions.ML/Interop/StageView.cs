using Microsoft.ML;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Runtime;

namespace RetNet.Extensions.ML.Interop;

/// <summary>The data view of a stage, which ML.NET's exporters can follow back to the source of a pipeline.</summary>
/// <remarks>
/// They take a view of another kind for the source, and its columns for inputs of the exported pipeline. No ONNX operator tokenises texts
/// or reads series as a model does: the added columns are therefore taken out of the ONNX graph, and an export of a column that is computed
/// from them ends with ML.NET's error that the pipeline cannot be fully converted. What does not depend on them is exported.
/// </remarks>
/// <param name="host">Logs what is not exported.</param>
/// <param name="source">The view before the stage.</param>
/// <param name="transformer">The stage.</param>
/// <param name="missingOperator">What ONNX has no operator for.</param>
internal abstract class StageView(IHost host, IDataView source, ITransformer transformer, string missingOperator) : ITransformCanSaveOnnx
{
    public IDataView Source => source;

    public abstract bool CanShuffle { get; }

    public abstract DataViewSchema Schema { get; }

    /// <summary>The names of the columns that the stage adds.</summary>
    protected abstract IEnumerable<string> AddedColumns { get; }

    public abstract long? GetRowCount();

    public abstract DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null);

    public abstract DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null);

    void ICanSaveModel.Save(ModelSaveContext ctx) => transformer.Save(ctx);

    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => true;

    void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        using IChannel channel = host.Start("ONNX conversion");
        channel.Warning(MessageSensitivity.None, $"{transformer.GetType().Name} cannot be converted to ONNX, which has no operator for "
            + $"{missingOperator}; what is computed from its columns {string.Join(", ", AddedColumns)} cannot be, either.");
        foreach (string column in AddedColumns.Where(ctx.ContainsColumn))
            ctx.RemoveColumn(column, removeVariable: false);
    }
}

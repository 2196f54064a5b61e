using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

public sealed class ColumnSelectingEstimator : TrivialEstimator<ColumnSelectingTransformer>
{
    internal ColumnSelectingEstimator(IHostEnvironment env, string[] columnNames, bool drop, bool keepHidden)
        : base(new ColumnSelectingTransformer(env, columnNames, drop, keepHidden))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        Transformer.CheckColumns(name => inputSchema.TryFindColumn(name, out _));
        return new SchemaShape(Transformer.IsDrop
            ? inputSchema.Where(column => !Transformer.ColumnNames.Contains(column.Name))
            : Transformer.ColumnNames.Select(name => inputSchema.Find(name)));
    }
}

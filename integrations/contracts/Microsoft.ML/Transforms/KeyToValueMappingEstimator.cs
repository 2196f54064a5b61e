using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

public sealed class KeyToValueMappingEstimator : TrivialEstimator<KeyToValueMappingTransformer>
{
    internal KeyToValueMappingEstimator(IHostEnvironment env, InputOutputColumnPair[] columns)
        : base(new KeyToValueMappingTransformer(env, columns))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        return inputSchema.With(Transformer.Columns.Select(pair =>
        {
            SchemaShape.Column column = inputSchema.Find(pair.InputColumnName);
            if (!column.IsKey)
                throw Contracts.ExceptSchemaMismatch(nameof(inputSchema), "input", pair.InputColumnName, "KeyType", column.GetTypeString());
            Contracts.CheckParam(
                column.Annotations.TryFindColumn(AnnotationUtils.Kinds.KeyValues, out SchemaShape.Column values),
                nameof(inputSchema),
                $"Input column '{pair.InputColumnName}' doesn't contain key values metadata");
            return new SchemaShape.Column(pair.OutputColumnName, column.Kind, values.ItemType, values.IsKey);
        }));
    }
}

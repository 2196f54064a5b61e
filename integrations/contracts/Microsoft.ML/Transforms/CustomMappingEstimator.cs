using Microsoft.ML.Data;
using Microsoft.ML.Internal;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

public sealed class CustomMappingEstimator<TSrc, TDst> : TrivialEstimator<CustomMappingTransformer<TSrc, TDst>>
    where TSrc : class, new()
    where TDst : class, new()
{
    internal CustomMappingEstimator(
        IHostEnvironment env, Action<TSrc, TDst> mapAction, string contractName, SchemaDefinition inputSchemaDefinition, SchemaDefinition outputSchemaDefinition)
        : base(new CustomMappingTransformer<TSrc, TDst>(env, mapAction, contractName, inputSchemaDefinition, outputSchemaDefinition))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        foreach (SchemaShape.Column expected in SchemaShape.Create(TypedMember.Schema(Transformer.InputMembers)))
        {
            SchemaShape.Column column = inputSchema.Find(expected.Name);
            bool fits = expected.ItemType == column.ItemType && expected.IsKey == column.IsKey && expected.Kind switch
            {
                SchemaShape.Column.VectorKind.VariableVector => column.Kind != SchemaShape.Column.VectorKind.Scalar,
                SchemaShape.Column.VectorKind kind => column.Kind == kind,
            };
            if (!fits)
                throw Contracts.ExceptSchemaMismatch(nameof(inputSchema), "input", expected.Name, expected.GetTypeString(), column.GetTypeString());
        }

        return inputSchema.With(SchemaShape.Create(TypedMember.Schema(Transformer.OutputMembers)));
    }
}

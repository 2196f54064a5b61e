using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

internal static class SchemaShapeExtensions
{
    /// <summary>A shape with columns added or replaced.</summary>
    public static SchemaShape With(this SchemaShape shape, IEnumerable<SchemaShape.Column> columns)
    {
        Dictionary<string, SchemaShape.Column> result = shape.ToDictionary(column => column.Name);
        foreach (SchemaShape.Column column in columns)
            result[column.Name] = column;
        return new SchemaShape(result.Values);
    }

    public static SchemaShape.Column Find(this SchemaShape shape, string name, string role = "input")
        => shape.TryFindColumn(name, out SchemaShape.Column column) ? column : throw Contracts.ExceptSchemaMismatch("inputSchema", role, name);

    public static DataViewSchema.Column Find(this DataViewSchema schema, string name, string role = "input")
        => schema.GetColumnOrNull(name) ?? throw Contracts.ExceptSchemaMismatch("inputSchema", role, name);
}

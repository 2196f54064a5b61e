using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Schema;

/// <summary>Finds columns and checks their types; errors use ML.NET's terms.</summary>
internal static class SchemaChecks
{
    /// <summary>The column of this name, of any type.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public static DataViewSchema.Column Find(this DataViewSchema schema, string role, string name) =>
        schema.GetColumnOrNull(name) ?? throw Missing(role, name, schema.Where(column => !column.IsHidden).Select(column => column.Name));

    /// <inheritdoc cref="Find(DataViewSchema, string, string)"/>
    public static SchemaShape.Column Find(this SchemaShape shape, string role, string name)
    {
        foreach (SchemaShape.Column column in shape)
        {
            if (column.Name == name)
                return column;
        }

        throw Missing(role, name, shape.Select(column => column.Name));
    }

    /// <summary>The text column of this name.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none, or it is of another type.</exception>
    public static DataViewSchema.Column FindText(this DataViewSchema schema, string role, string name)
    {
        DataViewSchema.Column column = schema.Find(role, name);
        return column.Type is TextDataViewType
            ? column
            : throw Mismatch(role, name, TextDataViewType.Instance.Describe(), column.Type.Describe());
    }

    /// <inheritdoc cref="FindText(DataViewSchema, string, string)"/>
    public static void RequireText(this SchemaShape shape, string role, string name)
    {
        SchemaShape.Column column = shape.Find(role, name);
        if (column.Kind != SchemaShape.Column.VectorKind.Scalar || column.ItemType is not TextDataViewType)
            throw Mismatch(role, name, TextDataViewType.Instance.Describe(), column.Describe());
    }

    /// <summary>Checks that a column is a <see cref="float"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is of another type.</exception>
    public static void RequireSingle(this SchemaShape.Column column, string role)
    {
        if (column.Kind != SchemaShape.Column.VectorKind.Scalar || column.ItemType != NumberDataViewType.Single || column.IsKey)
            throw Mismatch(role, column.Name, NumberDataViewType.Single.Describe(), column.Describe());
    }

    /// <summary>The type of a column of a shape, in words.</summary>
    public static string Describe(this SchemaShape.Column column)
    {
        string item = column.IsKey ? $"Key<{column.ItemType}>" : column.ItemType.Describe();
        return column.Kind switch
        {
            SchemaShape.Column.VectorKind.Vector => $"Vector<{item}>",
            SchemaShape.Column.VectorKind.VariableVector => $"VarVector<{item}>",
            _ => item,
        };
    }

    /// <summary>A type in words.</summary>
    public static string Describe(this DataViewType type) => type.ToString() ?? type.GetType().Name;

    /// <summary>The shape with further columns, which hide those of the same names.</summary>
    public static SchemaShape With(this SchemaShape shape, params ReadOnlySpan<SchemaShape.Column> added)
    {
        Dictionary<string, SchemaShape.Column> columns = shape.ToDictionary(column => column.Name);
        foreach (SchemaShape.Column column in added)
            columns[column.Name] = column;
        return new SchemaShape(columns.Values);
    }

    /// <summary>The exception for a column of the wrong type.</summary>
    public static ArgumentOutOfRangeException Mismatch(string role, string name, string expected, string found) =>
        new("inputSchema", $"Schema mismatch for {role} column '{name}': expected {expected}, got {found}");

    private static ArgumentOutOfRangeException Missing(string role, string name, IEnumerable<string> present) =>
        new("inputSchema", $"Could not find {role} column '{name}'; the columns are: {string.Join(", ", present)}");
}

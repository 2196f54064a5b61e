using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Interop;

/// <summary>Creates shapes of columns and annotations, which ML.NET allows only its own components.</summary>
internal static class ColumnShapes
{
    /// <summary>A column with one value per row.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="type">The type of the value.</param>
    /// <param name="annotations">The shapes of its annotations.</param>
    public static SchemaShape.Column Scalar(string name, DataViewType type, params IEnumerable<SchemaShape.Column> annotations) =>
        new(name, SchemaShape.Column.VectorKind.Scalar, type, isKey: false, new SchemaShape(annotations));

    /// <summary>A column with a vector of known length per row.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="type">The type of the vector's values.</param>
    /// <param name="annotations">The shapes of its annotations.</param>
    public static SchemaShape.Column Vector(string name, DataViewType type, params IEnumerable<SchemaShape.Column> annotations) =>
        new(name, SchemaShape.Column.VectorKind.Vector, type, isKey: false, new SchemaShape(annotations));

    /// <summary>A column with one key per row.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="annotations">The shapes of its annotations.</param>
    public static SchemaShape.Column Key(string name, params IEnumerable<SchemaShape.Column> annotations) =>
        new(name, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, isKey: true, new SchemaShape(annotations));
}

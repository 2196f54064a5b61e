using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Schema;

/// <summary>Shapes of annotations.</summary>
internal static class ColumnShapes
{
    /// <summary>The annotations of every column that a trained transformer adds.</summary>
    public static IReadOnlyList<SchemaShape.Column> Score { get; } =
        [Scalar(ColumnKinds.ScoreColumnKind, TextDataViewType.Instance), Scalar(ColumnKinds.ScoreValueKind, TextDataViewType.Instance)];

    public static SchemaShape.Column Scalar(string name, DataViewType type) =>
        new(name, SchemaShape.Column.VectorKind.Scalar, type, isKey: false);

    public static SchemaShape.Column Vector(string name, DataViewType type) =>
        new(name, SchemaShape.Column.VectorKind.Vector, type, isKey: false);
}

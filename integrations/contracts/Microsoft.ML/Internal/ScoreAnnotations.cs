using Microsoft.ML.Data;

namespace Microsoft.ML.Internal;

/// <summary>What the columns of a trainer's output say about themselves.</summary>
internal static class ScoreAnnotations
{
    private static readonly KeyDataViewType _setType = new(typeof(uint), int.MaxValue);

    public static DataViewSchema.Annotations.Builder Create(string columnKind, string valueKind)
    {
        DataViewSchema.Annotations.Builder builder = new();
        builder.AddPrimitiveValue(AnnotationUtils.Kinds.ScoreColumnKind, TextDataViewType.Instance, columnKind.AsMemory());
        builder.AddPrimitiveValue(AnnotationUtils.Kinds.ScoreColumnSetId, _setType, 1u);
        builder.AddPrimitiveValue(AnnotationUtils.Kinds.ScoreValueKind, TextDataViewType.Instance, valueKind.AsMemory());
        return builder;
    }
}

using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Schema;

/// <summary>The classes of a key-typed label: their number and, if the label has key values, those values.</summary>
/// <param name="Count">The number of classes.</param>
/// <param name="ItemType">The raw type of a key value, such as <c>Single</c>; <c>String</c> for text; null where the label has
/// none.</param>
/// <param name="Values">The key values in the invariant culture's words, in the order of the keys; null where the label has none.</param>
internal sealed record LabelKeys(int Count, string? ItemType, string[]? Values)
{
    private const int MaximumCount = 1 << 16;

    /// <summary>A getter for the key values, as an annotation is built with.</summary>
    [JsonIgnore]
    public (VectorDataViewType Type, Delegate Getter)? Annotation => Values is null ? null : ItemType switch
    {
        "String" => (new VectorDataViewType(TextDataViewType.Instance, Count), VectorValues.Getter(TextValues())),
        nameof(Boolean) => Annotate<bool>(BooleanDataViewType.Instance),
        nameof(SByte) => Annotate<sbyte>(NumberDataViewType.SByte),
        nameof(Byte) => Annotate<byte>(NumberDataViewType.Byte),
        nameof(Int16) => Annotate<short>(NumberDataViewType.Int16),
        nameof(UInt16) => Annotate<ushort>(NumberDataViewType.UInt16),
        nameof(Int32) => Annotate<int>(NumberDataViewType.Int32),
        nameof(UInt32) => Annotate<uint>(NumberDataViewType.UInt32),
        nameof(Int64) => Annotate<long>(NumberDataViewType.Int64),
        nameof(UInt64) => Annotate<ulong>(NumberDataViewType.UInt64),
        nameof(Single) => Annotate<float>(NumberDataViewType.Single),
        nameof(Double) => Annotate<double>(NumberDataViewType.Double),
        _ => throw new FormatException($"The model archive is damaged: the key values in '{ArchiveNames.Settings}' are of type "
            + $"'{ItemType}'; expected text, numbers or Booleans."),
    };

    /// <summary>The key values as text.</summary>
    [JsonIgnore]
    public (VectorDataViewType Type, Delegate Getter)? Names =>
        Values is null ? null : (new VectorDataViewType(TextDataViewType.Instance, Count), VectorValues.Getter(TextValues()));

    /// <summary>Reads the classes of a label.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The label is not a key, or has no classes or too many.</exception>
    public static LabelKeys Read(DataViewSchema.Column label)
    {
        if (label.Type is not KeyDataViewType key)
            throw SchemaChecks.Mismatch("label", label.Name, "a key (see Conversion.MapValueToKey)", label.Type.Describe());
        if (key.Count is < 2 or > MaximumCount)
            throw SchemaChecks.Mismatch("label", label.Name, $"a key with 2 to {MaximumCount} values", label.Type.Describe());
        int count = (int)key.Count;
        if (label.Annotations.Schema.GetColumnOrNull(ColumnKinds.KeyValues)?.Type is not VectorDataViewType type || type.Size != count)
            return new LabelKeys(count, null, null);
        if (type.ItemType is TextDataViewType)
            return new LabelKeys(count, "String", Texts<ReadOnlyMemory<char>>(label));
        string[] values = type.ItemType.RawType.Name switch
        {
            nameof(Boolean) => Texts<bool>(label),
            nameof(SByte) => Texts<sbyte>(label),
            nameof(Byte) => Texts<byte>(label),
            nameof(Int16) => Texts<short>(label),
            nameof(UInt16) => Texts<ushort>(label),
            nameof(Int32) => Texts<int>(label),
            nameof(UInt32) => Texts<uint>(label),
            nameof(Int64) => Texts<long>(label),
            nameof(UInt64) => Texts<ulong>(label),
            nameof(Single) => Texts<float>(label),
            nameof(Double) => Texts<double>(label),
            _ => throw SchemaChecks.Mismatch("label", label.Name, "key values that are text, numbers or Booleans", type.Describe()),
        };
        return new LabelKeys(count, type.ItemType.RawType.Name, values);
    }

    /// <summary>Checks values that were read from a file.</summary>
    /// <exception cref="FormatException">Count and values contradict each other.</exception>
    public void Validate()
    {
        if (Count is < 2 or > MaximumCount || (Values is not null && Values.Length != Count))
        {
            throw new FormatException($"The model archive is damaged: '{ArchiveNames.Settings}' names {Count} classes and "
                + $"{Values?.Length ?? 0} key values; expected the same number of both, from 2 to {MaximumCount}.");
        }

        _ = Annotation;
    }

    /// <summary>The first key values, for messages.</summary>
    public string Describe() => Values is null ? "without key values" : string.Join(", ", Values.Take(5)) + (Count > 5 ? ", …" : "");

    private static string[] Texts<T>(DataViewSchema.Column label)
    {
        VBuffer<T> values = default;
        label.Annotations.GetValue(ColumnKinds.KeyValues, ref values);
        return [.. values.DenseValues().Select(value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")];
    }

    private ReadOnlyMemory<char>[] TextValues() => [.. Values!.Select(value => value.AsMemory())];

    private (VectorDataViewType Type, Delegate Getter) Annotate<T>(PrimitiveDataViewType type)
        where T : IParsable<T> =>
        (new VectorDataViewType(type, Count), VectorValues.Getter<T>([.. Values!.Select(Parse<T>)]));

    private static T Parse<T>(string value)
        where T : IParsable<T> => T.TryParse(value, CultureInfo.InvariantCulture, out T? parsed)
            ? parsed
            : throw new FormatException($"The model archive is damaged: '{ArchiveNames.Settings}' has the key value '{value}'; expected a "
            + $"{typeof(T).Name}.");
}

using System.Text.Json.Serialization;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Schema;

/// <summary>The classes of a key-typed label: their number and, if the label has key values, those values.</summary>
/// <param name="Count">The number of classes.</param>
/// <param name="ItemType">The name of the <see cref="KeyValueType"/>; null where the label has no key values.</param>
/// <param name="Values">The key values as text, in the order of the keys; null where the label has none.</param>
/// <param name="ItemKeys">If the key values are keys themselves, the number of those.</param>
internal sealed record LabelKeys(int Count, string? ItemType, string[]? Values, ulong? ItemKeys = null)
{
    private const int MaximumCount = 1 << 16;

    /// <summary>A getter for the key values, as an annotation is built with.</summary>
    [JsonIgnore]
    public (VectorDataViewType Type, Delegate Getter)? Annotation => Values is null ? null : Type.Annotate(Values, ItemKeys);

    /// <summary>The key values as text.</summary>
    [JsonIgnore]
    public (VectorDataViewType Type, Delegate Getter)? Names => Values is null
        ? null
        : (new VectorDataViewType(TextDataViewType.Instance, Count),
            VectorValues.Getter<ReadOnlyMemory<char>>([.. Values.Select(value => value.AsMemory())]));

    private KeyValueType Type => KeyValueType.Find(ItemType) ?? throw new FormatException("The model archive is damaged: the key values "
        + $"in '{ArchiveNames.Settings}' are of type '{ItemType}'; expected one that MapValueToKey maps.");

    /// <summary>Reads the classes of a label.</summary>
    /// <param name="label">The label.</param>
    /// <param name="role">What it is, for messages.</param>
    /// <exception cref="ArgumentOutOfRangeException">The label is not a key, or has fewer than two classes or too many.</exception>
    public static LabelKeys Read(DataViewSchema.Column label, string role = "label")
    {
        KeyDataViewType key = RequireKey(label, role);
        if (key.Count > MaximumCount)
            throw SchemaChecks.Mismatch(role, label.Name, $"a key with 2 to {MaximumCount} values", label.Type.Describe());
        LabelKeys keys = Read(label, role, (int)key.Count);
        return keys.Count > 1
            ? keys
            : throw SchemaChecks.Mismatch(role, label.Name, "two classes or more to tell apart",
                keys.Values is null
                    ? "a key of one class without values, as MapValueToKey makes of data without rows"
                    : $"one class ({keys.Describe()}) in all rows");
    }

    /// <summary>The type of a label, a key.</summary>
    /// <param name="label">The label.</param>
    /// <param name="role">What it is, for messages.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is of another type.</exception>
    public static KeyDataViewType RequireKey(DataViewSchema.Column label, string role) => label.Type as KeyDataViewType
        ?? throw SchemaChecks.Mismatch(role, label.Name, "a key (see Conversion.MapValueToKey)", label.Type.Describe());

    /// <summary>Checks values that were read from a file.</summary>
    /// <exception cref="FormatException">Count and values contradict each other.</exception>
    public void Validate()
    {
        if (Count is < 2 or > MaximumCount || (Values is not null && Values.Length != Count))
        {
            throw new FormatException($"The model archive is damaged: '{ArchiveNames.Settings}' names {Count} classes and "
                + $"{Values?.Length ?? 0} key values; expected the same number of both, from 2 to {MaximumCount}.");
        }

        try
        {
            _ = Annotation;
        }
        catch (ArgumentException exception)
        {
            throw new FormatException($"The model archive is damaged: the key values in '{ArchiveNames.Settings}' are {ItemKeys} keys of "
                + $"type '{ItemType}' ({exception.Message}).", exception);
        }
    }

    /// <summary>The first key values, for messages.</summary>
    public string Describe() => Values is null ? "without key values" : string.Join(", ", Values.Take(5)) + (Count > 5 ? ", …" : "");

    private static LabelKeys Read(DataViewSchema.Column label, string role, int count)
    {
        if (label.Annotations.Schema.GetColumnOrNull(ColumnKinds.KeyValues)?.Type is not VectorDataViewType type || type.Size != count)
            return new LabelKeys(count, null, null);
        KeyValueType values = KeyValueType.Of(type.ItemType)
            ?? throw SchemaChecks.Mismatch(role, label.Name, "key values of a type that MapValueToKey maps", type.Describe());
        return new LabelKeys(count, values.Name, values.Read(label), (type.ItemType as KeyDataViewType)?.Count);
    }
}

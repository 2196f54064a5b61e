using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>Reads labels as the targets of a loss; a missing label is NaN.</summary>
internal static class LabelReaders
{
    /// <summary>A key as a class from 0; the key 0, and one above the key type's count, is missing.</summary>
    public static Func<float> Key(DataViewRow row, DataViewSchema.Column label)
    {
        ulong count = (label.Type as KeyDataViewType
            ?? throw SchemaChecks.Mismatch("label", label.Name, "a key", label.Type.Describe())).Count;
        float Class(ulong key) => key == 0 || key > count ? float.NaN : key - 1;
        return label.Type.RawType switch
        {
            Type type when type == typeof(byte) => Read<byte>(row, label, key => Class(key)),
            Type type when type == typeof(ushort) => Read<ushort>(row, label, key => Class(key)),
            Type type when type == typeof(uint) => Read<uint>(row, label, key => Class(key)),
            _ => Read<ulong>(row, label, Class),
        };
    }

    /// <summary>True as 1, false as 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The label is not a Boolean.</exception>
    public static Func<float> Boolean(DataViewRow row, DataViewSchema.Column label) => label.Type is BooleanDataViewType
        ? Read<bool>(row, label, value => value ? 1 : 0)
        : throw SchemaChecks.Mismatch("label", label.Name, BooleanDataViewType.Instance.Describe(), label.Type.Describe());

    /// <summary>A number; infinities count as missing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The label is not a <see cref="float"/>.</exception>
    public static Func<float> Number(DataViewRow row, DataViewSchema.Column label) => label.Type == NumberDataViewType.Single
        ? Read<float>(row, label, value => float.IsFinite(value) ? value : float.NaN)
        : throw SchemaChecks.Mismatch("label", label.Name, NumberDataViewType.Single.Describe(), label.Type.Describe());

    private static Func<float> Read<T>(DataViewRow row, DataViewSchema.Column label, Func<T, float> convert)
    {
        ValueGetter<T> getter = row.GetGetter<T>(label);
        return () =>
        {
            T value = default!;
            getter(ref value);
            return convert(value);
        };
    }
}

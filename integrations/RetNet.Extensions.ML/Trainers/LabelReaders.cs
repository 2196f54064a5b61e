using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>Reads labels as the targets of a loss, and the weights of rows; a missing label is NaN. Messages name a column by its
/// role.</summary>
internal static class LabelReaders
{
    // The scores of a regression are sums of products with the deviation of the labels, which stay finite for such labels.
    private const float LargestNumber = 1e30f;

    /// <summary>A key as a class from 0; the key 0, and one above the key type's count, is missing.</summary>
    public static Func<float> Key(DataViewRow row, DataViewSchema.Column label, string role)
    {
        ulong count = LabelKeys.RequireKey(label, role).Count;
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
    public static Func<float> Boolean(DataViewRow row, DataViewSchema.Column label, string role) => label.Type is BooleanDataViewType
        ? Read<bool>(row, label, value => value ? 1 : 0)
        : throw SchemaChecks.Mismatch(role, label.Name, BooleanDataViewType.Instance.Describe(), label.Type.Describe());

    /// <summary>A number; infinities count as missing. The function throws an <see cref="InvalidOperationException"/> where a number is
    /// so large that scores could be infinite.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The label is not a <see cref="float"/>.</exception>
    public static Func<float> Number(DataViewRow row, DataViewSchema.Column label, string role) => ReadSingle(row, label, role, value =>
        !float.IsFinite(value) ? float.NaN
        : Math.Abs(value) <= LargestNumber ? value
        : throw new InvalidOperationException(
            $"{Begin(role)} column '{label.Name}', row {row.Position}: the label is {value}; expected a number "
            + $"from {-LargestNumber} to {LargestNumber}."));

    /// <summary>The weight of a row. The function throws an <see cref="InvalidOperationException"/> where it is no finite number above
    /// 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The column is not a <see cref="float"/>.</exception>
    public static Func<float> Weight(DataViewRow row, DataViewSchema.Column weight, string role) => ReadSingle(row, weight, role, value =>
        value is > 0 and < float.PositiveInfinity
            ? value
            : throw new InvalidOperationException(
                $"{Begin(role)} column '{weight.Name}', row {row.Position}: the weight is {value}; expected a "
                + "finite number above 0."));

    private static Func<float> ReadSingle(DataViewRow row, DataViewSchema.Column column, string role, Func<float, float> convert) =>
        column.Type == NumberDataViewType.Single
            ? Read(row, column, convert)
            : throw SchemaChecks.Mismatch(role, column.Name, NumberDataViewType.Single.Describe(), column.Type.Describe());

    // A role at the beginning of a sentence.
    private static string Begin(string role) => char.ToUpperInvariant(role[0]) + role[1..];

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

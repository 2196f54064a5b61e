using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Series;

/// <summary>The columns of series that have an observation per row: the value, and where they are named, the series that it belongs to and
/// its time.</summary>
/// <param name="Value">The column of values, <see cref="float"/> or <see cref="double"/>.</param>
/// <param name="Group">The column that tells series apart; null where there is one series.</param>
/// <param name="Time">The column of timestamps; null where each row is the next step.</param>
internal sealed record SeriesColumns(DataViewSchema.Column Value, DataViewSchema.Column? Group, DataViewSchema.Column? Time)
{
    private const string TimeTypes = "DateTime, DateTimeOffset, Int32 or Int64";
    private const string GroupTypes = "String, a key, Boolean or an integer";

    /// <summary>Whether times are dates, in ticks.</summary>
    public bool TimeIsDate => Time?.Type is DateTimeDataViewType or DateTimeOffsetDataViewType;

    /// <summary>Whether times have offsets from UTC.</summary>
    public bool TimeHasOffset => Time?.Type is DateTimeOffsetDataViewType;

    /// <summary>All columns that are there.</summary>
    public IReadOnlyList<DataViewSchema.Column> All =>
        [.. ((DataViewSchema.Column?[])[Value, Group, Time]).OfType<DataViewSchema.Column>()];

    /// <summary>Finds the columns that the options name.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public static SeriesColumns Bind(DataViewSchema schema, RetNetSeriesOptions options)
    {
        DataViewSchema.Column value = schema.Find("input", options.InputColumn);
        if (!IsNumber(value.Type))
            throw SchemaChecks.Mismatch("input", value.Name, "Single or Double", value.Type.Describe());
        DataViewSchema.Column? group = options.GroupColumnName is { } groupName ? schema.Find("group", groupName) : null;
        if (group is { } g && !IsGroup(g.Type))
            throw SchemaChecks.Mismatch("group", g.Name, GroupTypes, g.Type.Describe());
        DataViewSchema.Column? time = options.TimestampColumnName is { } timeName ? schema.Find("timestamp", timeName) : null;
        if (time is { } t && !IsTime(t.Type))
            throw SchemaChecks.Mismatch("timestamp", t.Name, TimeTypes, t.Type.Describe());
        return new SeriesColumns(value, group, time);
    }

    /// <summary>Whether the input column holds a whole series per row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing.</exception>
    public static bool IsWide(DataViewSchema schema, RetNetSeriesOptions options) =>
        schema.Find("input", options.InputColumn).Type is VectorDataViewType;

    /// <summary>Checks the columns of a shape.</summary>
    /// <returns>The input column.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public static SchemaShape.Column Check(SchemaShape shape, RetNetSeriesOptions options, bool allowVectors)
    {
        SchemaShape.Column value = shape.Find("input", options.InputColumn);
        bool isVector = value.Kind != SchemaShape.Column.VectorKind.Scalar;
        if (!IsNumber(value.ItemType) || value.IsKey || (isVector && !allowVectors))
        {
            throw SchemaChecks.Mismatch("input", value.Name, allowVectors ? "Single or Double, or a vector of them" : "Single or Double",
                value.Describe());
        }

        if (options.GroupColumnName is { } groupName && shape.Find("group", groupName) is var group
            && (group.Kind != SchemaShape.Column.VectorKind.Scalar || !(group.IsKey || IsGroup(group.ItemType))))
        {
            throw SchemaChecks.Mismatch("group", groupName, GroupTypes, group.Describe());
        }

        if (options.TimestampColumnName is { } timeName && shape.Find("timestamp", timeName) is var time
            && (time.Kind != SchemaShape.Column.VectorKind.Scalar || time.IsKey || !IsTime(time.ItemType)))
        {
            throw SchemaChecks.Mismatch("timestamp", timeName, TimeTypes, time.Describe());
        }

        return value;
    }

    /// <summary>Makes a function that reads the name of the series of the present row: of a key its value, or its number where it has
    /// none; empty where there is one series. It throws an <see cref="InvalidOperationException"/> where a key is missing.</summary>
    public Func<string> GroupReader(DataViewRow row)
    {
        if (Group is not { } column)
            return () => "";
        if (column.Type is KeyDataViewType type)
            return KeyReader(row, column, type);
        if (column.Type is TextDataViewType)
        {
            Func<ReadOnlyMemory<char>> text = Reader<ReadOnlyMemory<char>>(row, column);
            return () => text().ToString();
        }

        return Type.GetTypeCode(column.Type.RawType) switch
        {
            TypeCode.Boolean => Text<bool>(row, column),
            TypeCode.SByte => Text<sbyte>(row, column),
            TypeCode.Byte => Text<byte>(row, column),
            TypeCode.Int16 => Text<short>(row, column),
            TypeCode.UInt16 => Text<ushort>(row, column),
            TypeCode.Int32 => Text<int>(row, column),
            TypeCode.UInt32 => Text<uint>(row, column),
            TypeCode.Int64 => Text<long>(row, column),
            _ => Text<ulong>(row, column),
        };
    }

    /// <summary>Makes a function that reads the value of the present row.</summary>
    public Func<double> ValueReader(DataViewRow row)
    {
        if (Value.Type.RawType == typeof(double))
            return Reader<double>(row, Value);
        Func<float> single = Reader<float>(row, Value);
        return () => single();
    }

    /// <summary>Makes a function that reads the time of the present row; null where there is none.</summary>
    public Func<SeriesTime>? TimeReader(DataViewRow row)
    {
        if (Time is not { } column)
            return null;
        switch (column.Type)
        {
            case DateTimeDataViewType:
                Func<DateTime> time = Reader<DateTime>(row, column);
                return () => new SeriesTime(time().Ticks);
            case DateTimeOffsetDataViewType:
                Func<DateTimeOffset> offset = Reader<DateTimeOffset>(row, column);
                return () =>
                {
                    DateTimeOffset written = offset();
                    return new SeriesTime(written.UtcTicks, written.Offset);
                };
            default:
                if (column.Type.RawType == typeof(long))
                {
                    Func<long> large = Reader<long>(row, column);
                    return () => new SeriesTime(large());
                }

                Func<int> number = Reader<int>(row, column);
                return () => new SeriesTime(number());
        }
    }

    private static bool IsNumber(DataViewType type) =>
        type is NumberDataViewType && (type.RawType == typeof(float) || type.RawType == typeof(double));

    private static bool IsTime(DataViewType type) => type is DateTimeDataViewType or DateTimeOffsetDataViewType
        || (type is NumberDataViewType && (type.RawType == typeof(int) || type.RawType == typeof(long)));

    private static bool IsGroup(DataViewType type) => type is TextDataViewType or BooleanDataViewType or KeyDataViewType
        || (type is NumberDataViewType && type.RawType != typeof(float) && type.RawType != typeof(double));

    private static Func<T> Reader<T>(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<T> getter = row.GetGetter<T>(row.Schema[column.Index]);
        return () =>
        {
            T value = default!;
            getter(ref value);
            return value;
        };
    }

    private static Func<string> KeyReader(DataViewRow row, DataViewSchema.Column column, KeyDataViewType type)
    {
        string[]? values = KeyValueType.ValuesOf(column, type.Count);
        Func<ulong> key = Type.GetTypeCode(type.RawType) switch
        {
            TypeCode.Byte => Number<byte>(row, column),
            TypeCode.UInt16 => Number<ushort>(row, column),
            TypeCode.UInt32 => Number<uint>(row, column),
            _ => Reader<ulong>(row, column),
        };
        return () => key() is var number && number > 0 && number <= type.Count
            ? values?[number - 1] is { Length: > 0 } value ? value : number.ToString(CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"Group column '{column.Name}', row {row.Position}: the key is missing, as that of a "
                + $"value which MapValueToKey has not seen in Fit; expected one of the {type.Count} keys, or a column of texts, which may "
                + "be new.");
    }

    private static Func<ulong> Number<T>(DataViewRow row, DataViewSchema.Column column)
        where T : IConvertible
    {
        Func<T> reader = Reader<T>(row, column);
        return () => reader().ToUInt64(CultureInfo.InvariantCulture);
    }

    private static Func<string> Text<T>(DataViewRow row, DataViewSchema.Column column)
        where T : IConvertible
    {
        Func<T> reader = Reader<T>(row, column);
        return () => reader().ToString(CultureInfo.InvariantCulture);
    }
}

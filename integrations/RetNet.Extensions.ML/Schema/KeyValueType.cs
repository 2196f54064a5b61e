using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Schema;

/// <summary>A type of the values of a column's keys: every type that <c>Conversion.MapValueToKey</c> maps. Values are saved as text in the
/// invariant culture's words, dates and times in the round-trip format.</summary>
internal abstract class KeyValueType
{
    private static readonly KeyValueType[] All =
    [
        new KeyValueType<ReadOnlyMemory<char>>("String", TextDataViewType.Instance, text => text.ToString(), Text),
        Number<bool>(BooleanDataViewType.Instance),
        Number<sbyte>(NumberDataViewType.SByte),
        Number<byte>(NumberDataViewType.Byte),
        Number<short>(NumberDataViewType.Int16),
        Number<ushort>(NumberDataViewType.UInt16),
        Number<int>(NumberDataViewType.Int32),
        Number<uint>(NumberDataViewType.UInt32),
        Number<long>(NumberDataViewType.Int64),
        Number<ulong>(NumberDataViewType.UInt64),
        Number<float>(NumberDataViewType.Single),
        Number<double>(NumberDataViewType.Double),
        new KeyValueType<DateTime>(nameof(DateTime), DateTimeDataViewType.Instance, Moment, Moment),
        new KeyValueType<DateTimeOffset>(nameof(DateTimeOffset), DateTimeOffsetDataViewType.Instance, Moment, MomentWithOffset),
        new KeyValueType<TimeSpan>(nameof(TimeSpan), TimeSpanDataViewType.Instance, span => span.ToString("c"), TimeSpan.TryParse),
        new KeyValueType<DataViewRowId>(nameof(DataViewRowId), RowIdDataViewType.Instance, RowId, RowId),
    ];

    /// <summary>What a saved model calls the type.</summary>
    public abstract string Name { get; }

    /// <summary>The type of this name; null if there is none.</summary>
    public static KeyValueType? Find(string? name) => Array.Find(All, type => type.Name == name);

    /// <summary>The type of key values of a data view's type; null if there is none.</summary>
    public static KeyValueType? Of(DataViewType type) => Array.Find(All, known => known.IsOf(type));

    /// <summary>The key values of a column as text; null where it has none, or of a type that <c>MapValueToKey</c> does not map.</summary>
    public static string[]? ValuesOf(DataViewSchema.Column column, ulong count) =>
        column.Annotations.Schema.GetColumnOrNull(ColumnKinds.KeyValues)?.Type is VectorDataViewType type && (ulong)type.Size == count
            ? Of(type.ItemType)?.Read(column)
            : null;

    /// <summary>The key values of a column as text.</summary>
    public abstract string[] Read(DataViewSchema.Column column);

    /// <summary>A getter for key values, as an annotation is built with.</summary>
    /// <param name="values">The values as text.</param>
    /// <param name="keys">If the values are keys themselves, the number of those.</param>
    /// <exception cref="FormatException">A value is none of this type.</exception>
    public abstract (VectorDataViewType Type, Delegate Getter) Annotate(string[] values, ulong? keys);

    protected abstract bool IsOf(DataViewType type);

    private static KeyValueType<T> Number<T>(PrimitiveDataViewType type)
        where T : IConvertible, IParsable<T> =>
        new(typeof(T).Name, type, value => value.ToString(CultureInfo.InvariantCulture), T.TryParse);

    private static bool Text(string text, IFormatProvider provider, out ReadOnlyMemory<char> value)
    {
        value = text.AsMemory();
        return true;
    }

    private static string Moment<T>(T moment)
        where T : IFormattable => moment.ToString("O", CultureInfo.InvariantCulture);

    private static bool Moment(string text, IFormatProvider provider, out DateTime value) =>
        DateTime.TryParseExact(text, "O", provider, DateTimeStyles.RoundtripKind, out value);

    private static bool MomentWithOffset(string text, IFormatProvider provider, out DateTimeOffset value) =>
        DateTimeOffset.TryParseExact(text, "O", provider, DateTimeStyles.RoundtripKind, out value);

    private static string RowId(DataViewRowId id) => $"{id.High:x16}{id.Low:x16}";

    private static bool RowId(string text, IFormatProvider provider, out DataViewRowId value)
    {
        bool parsed = UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, provider, out UInt128 number);
        value = new DataViewRowId((ulong)number, (ulong)(number >> 64));
        return parsed;
    }
}

/// <inheritdoc/>
/// <typeparam name="T">The raw type of a value.</typeparam>
/// <param name="name">What a saved model calls the type.</param>
/// <param name="type">ML.NET's type.</param>
/// <param name="format">Writes a value as text.</param>
/// <param name="parse">Reads what <paramref name="format"/> writes.</param>
internal sealed class KeyValueType<T>(string name, PrimitiveDataViewType type, Func<T, string> format, KeyValueType<T>.Parser parse)
    : KeyValueType
{
    public delegate bool Parser(string text, IFormatProvider provider, [MaybeNullWhen(false)] out T value);

    public override string Name => name;

    public override string[] Read(DataViewSchema.Column column)
    {
        VBuffer<T> values = default;
        column.Annotations.GetValue(ColumnKinds.KeyValues, ref values);
        return [.. values.DenseValues().Select(format)];
    }

    public override (VectorDataViewType Type, Delegate Getter) Annotate(string[] values, ulong? keys) =>
        (new VectorDataViewType(keys is { } count ? new KeyDataViewType(typeof(T), count) : type, values.Length),
            VectorValues.Getter<T>([.. values.Select(Parse)]));

    protected override bool IsOf(DataViewType other) => other.RawType == typeof(T);

    private T Parse(string text) => parse(text, CultureInfo.InvariantCulture, out T? value)
        ? value
        : throw new FormatException(
            $"The model archive is damaged: '{ArchiveNames.Settings}' has the key value '{text}'; expected a {name}.");
}

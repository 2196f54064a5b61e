using System.Globalization;
using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Internal;

/// <summary>The values of a column in the order of their keys, which start at 1; 0 is the key of a value that is missing or unknown.</summary>
internal abstract class KeyMap(PrimitiveDataViewType itemType)
{
    public PrimitiveDataViewType ItemType { get; } = itemType;

    /// <summary>Whether the key values are shown as text.</summary>
    public bool AsText { get; set; }

    public abstract int Count { get; }

    public KeyDataViewType KeyType => new(typeof(uint), Math.Max(1, Count));

    public static KeyMap Learn(IDataView data, DataViewSchema.Column column, ValueToKeyMappingEstimator.KeyOrdinality ordinality, int maximum)
    {
        KeyMap map = Create((PrimitiveDataViewType)column.Type.GetItemType());
        using DataViewRowCursor cursor = data.GetRowCursor(column);
        map.Learn(cursor, column, ordinality, maximum);
        return map;
    }

    public static KeyMap Read(BinaryReader reader)
    {
        KeyMap map = Create(ValueCodec.ReadType(reader) as PrimitiveDataViewType ?? throw Contracts.ExceptDecode("Corrupt model file"));
        map.AsText = reader.ReadBoolean();
        map.ReadValues(reader);
        return map;
    }

    public void Write(BinaryWriter writer)
    {
        ValueCodec.WriteType(writer, ItemType);
        writer.Write(AsText);
        WriteValues(writer);
    }

    public abstract Delegate CreateGetter(DataViewRow row, DataViewSchema.Column column);

    public abstract void AddKeyValues(DataViewSchema.Annotations.Builder builder);

    protected abstract void Learn(DataViewRowCursor cursor, DataViewSchema.Column column, ValueToKeyMappingEstimator.KeyOrdinality ordinality, int maximum);

    protected abstract void ReadValues(BinaryReader reader);

    protected abstract void WriteValues(BinaryWriter writer);

    private static KeyMap Create(PrimitiveDataViewType type) => type is TextDataViewType
        ? new Map<ReadOnlyMemory<char>, string>(type, text => text.IsEmpty ? null : text.ToString(), text => text.AsMemory(), StringComparer.Ordinal)
        : (KeyMap)typeof(KeyMap).GetMethod(nameof(CreateForValues), BindingFlags.Static | BindingFlags.NonPublic).MakeGenericMethod(type.RawType).Invoke(null, [type]);

    private static Map<T, object> CreateForValues<T>(PrimitiveDataViewType type)
        => new(type, value => IsMissing(value, type) ? null : value, value => (T)value, Comparer<object>.Default);

    private static bool IsMissing(object value, DataViewType type) => value switch
    {
        float number => float.IsNaN(number),
        double number => double.IsNaN(number),
        _ => type is KeyDataViewType && Convert.ToUInt64(value) == 0,
    };

    private sealed class Map<T, TKey>(PrimitiveDataViewType type, Func<T, TKey> key, Func<TKey, T> value, IComparer<TKey> order) : KeyMap(type)
        where TKey : class
    {
        private readonly Dictionary<TKey, uint> _keys = [];
        private List<TKey> _values = [];

        public override int Count => _values.Count;

        public override Delegate CreateGetter(DataViewRow row, DataViewSchema.Column column)
        {
            if (column.Type is not VectorDataViewType)
            {
                ValueGetter<T> getter = row.GetGetter<T>(column);
                return (ValueGetter<uint>)((ref uint result) =>
                {
                    T source = default;
                    getter(ref source);
                    result = KeyOf(source);
                });
            }

            ValueGetter<VBuffer<T>> vectorGetter = row.GetGetter<VBuffer<T>>(column);
            VBuffer<T> vector = default;
            return (ValueGetter<VBuffer<uint>>)((ref VBuffer<uint> result) =>
            {
                vectorGetter(ref vector);
                uint[] keys = [.. vector.DenseValues().Select(KeyOf)];
                VBuffer<uint>.Copy(keys, 0, ref result, keys.Length);
            });
        }

        public override void AddKeyValues(DataViewSchema.Annotations.Builder builder)
        {
            if (Count == 0)
                return;
            if (AsText && ItemType is not TextDataViewType)
            {
                ReadOnlyMemory<char>[] texts = [.. _values.Select(item => Convert.ToString(item, CultureInfo.InvariantCulture).AsMemory())];
                builder.AddKeyValues(Count, TextDataViewType.Instance, (ref VBuffer<ReadOnlyMemory<char>> result) => VBuffer<ReadOnlyMemory<char>>.Copy(texts, 0, ref result, texts.Length));
                return;
            }

            T[] values = [.. _values.Select(value)];
            builder.AddKeyValues(Count, ItemType, (ref VBuffer<T> result) => VBuffer<T>.Copy(values, 0, ref result, values.Length));
        }

        protected override void Learn(
            DataViewRowCursor cursor, DataViewSchema.Column column, ValueToKeyMappingEstimator.KeyOrdinality ordinality, int maximum)
        {
            Func<IEnumerable<T>> read = Reader(cursor, column);
            while (cursor.MoveNext())
            {
                foreach (T item in read())
                {
                    if (Count < maximum && key(item) is TKey found && _keys.TryAdd(found, (uint)Count + 1))
                        _values.Add(found);
                }
            }

            if (ordinality == ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
                Index([.. _values.Order(order)]);
        }

        protected override void ReadValues(BinaryReader reader) => Index([.. ValueCodec.ReadValues<T>(reader).Select(key)]);

        protected override void WriteValues(BinaryWriter writer) => ValueCodec.WriteValues<T>(writer, [.. _values.Select(value)]);

        private static Func<IEnumerable<T>> Reader(DataViewRow row, DataViewSchema.Column column)
        {
            if (column.Type is VectorDataViewType)
            {
                Func<object> vector = AnyGetter.Create(row, column);
                return () => ((VBuffer<T>)vector()).DenseValues();
            }

            Func<object> scalar = AnyGetter.Create(row, column);
            return () => [(T)scalar()];
        }

        private uint KeyOf(T source) => key(source) is TKey found ? _keys.GetValueOrDefault(found) : 0;

        private void Index(List<TKey> values)
        {
            _values = values;
            for (int i = 0; i < values.Count; i++)
                _keys[values[i]] = (uint)i + 1;
        }
    }
}

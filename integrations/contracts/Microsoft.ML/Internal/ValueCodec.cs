using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

/// <summary>Writes types, values and schemas to a model file.</summary>
internal static class ValueCodec
{
    private const int MaximumCount = 1 << 28;

    private static readonly PrimitiveDataViewType[] _types =
    [
        TextDataViewType.Instance, BooleanDataViewType.Instance,
        NumberDataViewType.SByte, NumberDataViewType.Byte, NumberDataViewType.Int16, NumberDataViewType.UInt16, NumberDataViewType.Int32,
        NumberDataViewType.UInt32, NumberDataViewType.Int64, NumberDataViewType.UInt64, NumberDataViewType.Single, NumberDataViewType.Double,
    ];

    public static bool CanWrite(DataViewType type) => type.GetItemType() is KeyDataViewType || Array.IndexOf(_types, type.GetItemType()) >= 0;

    public static void WriteSchema(BinaryWriter writer, DataViewSchema schema)
    {
        DataViewSchema.Column[] columns = [.. schema.Where(column => CanWrite(column.Type))];
        writer.Write(columns.Length);
        foreach (DataViewSchema.Column column in columns)
        {
            writer.Write(column.Name);
            WriteType(writer, column.Type);
            WriteAnnotations(writer, column.Annotations);
        }
    }

    public static DataViewSchema ReadSchema(BinaryReader reader)
    {
        DataViewSchema.Builder builder = new();
        int count = ReadCount(reader);
        for (int i = 0; i < count; i++)
            builder.AddColumn(reader.ReadString(), ReadType(reader), ReadAnnotations(reader));
        return builder.ToSchema();
    }

    public static void WriteType(BinaryWriter writer, DataViewType type)
    {
        if (type is VectorDataViewType vector)
        {
            writer.Write((byte)'V');
            WriteType(writer, vector.ItemType);
            writer.Write(vector.Dimensions.Length);
            foreach (int dimension in vector.Dimensions)
                writer.Write(dimension);
        }
        else if (type is KeyDataViewType key)
        {
            writer.Write((byte)'K');
            WriteType(writer, ColumnTypeExtensions.PrimitiveTypeFromType(key.RawType));
            writer.Write(key.Count);
        }
        else
        {
            writer.Write((byte)Array.IndexOf(_types, type));
        }
    }

    public static DataViewType ReadType(BinaryReader reader)
    {
        byte tag = reader.ReadByte();
        if (tag == 'V')
        {
            PrimitiveDataViewType item = ReadType(reader) as PrimitiveDataViewType ?? throw Contracts.ExceptDecode("Corrupt model file");
            int[] dimensions = new int[ReadCount(reader)];
            for (int i = 0; i < dimensions.Length; i++)
                dimensions[i] = reader.ReadInt32();
            return new VectorDataViewType(item, dimensions);
        }

        if (tag == 'K')
            return new KeyDataViewType(ReadType(reader).RawType, reader.ReadUInt64());
        return tag < _types.Length ? _types[tag] : throw Contracts.ExceptDecode("Corrupt model file");
    }

    public static void WriteValue(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case ReadOnlyMemory<char> text: writer.Write(text.ToString()); break;
            case bool boolean: writer.Write(boolean); break;
            case sbyte number: writer.Write(number); break;
            case byte number: writer.Write(number); break;
            case short number: writer.Write(number); break;
            case ushort number: writer.Write(number); break;
            case int number: writer.Write(number); break;
            case uint number: writer.Write(number); break;
            case long number: writer.Write(number); break;
            case ulong number: writer.Write(number); break;
            case float number: writer.Write(number); break;
            case double number: writer.Write(number); break;
            default: throw Contracts.Except($"Values of type '{value.GetType()}' cannot be saved.");
        }
    }

    public static object ReadValue(BinaryReader reader, Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => reader.ReadBoolean(),
        TypeCode.SByte => reader.ReadSByte(),
        TypeCode.Byte => reader.ReadByte(),
        TypeCode.Int16 => reader.ReadInt16(),
        TypeCode.UInt16 => reader.ReadUInt16(),
        TypeCode.Int32 => reader.ReadInt32(),
        TypeCode.UInt32 => reader.ReadUInt32(),
        TypeCode.Int64 => reader.ReadInt64(),
        TypeCode.UInt64 => reader.ReadUInt64(),
        TypeCode.Single => reader.ReadSingle(),
        TypeCode.Double => reader.ReadDouble(),
        _ => reader.ReadString().AsMemory(),
    };

    public static void WriteValues<T>(BinaryWriter writer, IReadOnlyCollection<T> values)
    {
        writer.Write(values.Count);
        foreach (T value in values)
            WriteValue(writer, value);
    }

    public static T[] ReadValues<T>(BinaryReader reader)
    {
        List<T> values = [];
        for (int count = ReadCount(reader); count > 0; count--)
            values.Add((T)ReadValue(reader, typeof(T)));
        return [.. values];
    }

    private static void WriteAnnotations(BinaryWriter writer, DataViewSchema.Annotations annotations)
    {
        DataViewSchema.Column[] columns = [.. annotations.Schema.Where(column => CanWrite(column.Type))];
        writer.Write(columns.Length);
        foreach (DataViewSchema.Column column in columns)
        {
            writer.Write(column.Name);
            WriteType(writer, column.Type);
            Generic(nameof(WriteAnnotation), column.Type).Invoke(null, [writer, annotations, column]);
        }
    }

    private static DataViewSchema.Annotations ReadAnnotations(BinaryReader reader)
    {
        DataViewSchema.Annotations.Builder builder = new();
        for (int count = ReadCount(reader); count > 0; count--)
        {
            string kind = reader.ReadString();
            DataViewType type = ReadType(reader);
            builder.Add(kind, type, (Delegate)Generic(nameof(ReadAnnotation), type).Invoke(null, [reader, type]));
        }

        return builder.ToAnnotations();
    }

    private static void WriteAnnotation<T>(BinaryWriter writer, DataViewSchema.Annotations annotations, DataViewSchema.Column column)
    {
        if (column.Type is VectorDataViewType)
        {
            VBuffer<T> vector = default;
            annotations.GetValue(column.Name, ref vector);
            WriteValues<T>(writer, [.. vector.DenseValues()]);
        }
        else
        {
            T value = default;
            annotations.GetValue(column.Name, ref value);
            WriteValues<T>(writer, [value]);
        }
    }

    private static Delegate ReadAnnotation<T>(BinaryReader reader, DataViewType type)
    {
        T[] values = ReadValues<T>(reader);
        if (type is VectorDataViewType)
            return (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => VBuffer<T>.Copy(values, 0, ref value, values.Length));
        Contracts.CheckDecode(values.Length == 1, "Corrupt model file");
        return (ValueGetter<T>)((ref T value) => value = values[0]);
    }

    private static System.Reflection.MethodInfo Generic(string name, DataViewType type)
        => typeof(ValueCodec).GetMethod(name, System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)
            .MakeGenericMethod(type.GetItemType().RawType);

    private static int ReadCount(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        Contracts.CheckDecode(count is >= 0 and <= MaximumCount, "Corrupt model file");
        return count;
    }
}

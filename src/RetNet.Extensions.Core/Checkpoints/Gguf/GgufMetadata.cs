using System.Buffers;
using System.Collections.Frozen;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>The metadata of a GGUF file: single values as a JSON object, so that options are read and checked as those of a config.json
/// are; arrays where they lie in the file.</summary>
internal sealed class GgufMetadata
{
    private const int MaximumKeys = 1 << 16;
    private const int MaximumKeyLength = ushort.MaxValue;
    private const int MaximumTextLength = 4 << 20;
    private const int MaximumTextTotal = 16 << 20;
    private const int MaximumElements = ConfigurationReader.MaximumVocabulary;

    private readonly UnchangedFile _content;
    private readonly string _file;
    private readonly Dictionary<string, Elements> _arrays = [];

    private int _textLength;

    private GgufMetadata(UnchangedFile content) => (_content, _file) = (content, content.Path);

    /// <summary>The values by key. An array is there too, as an empty one.</summary>
    public JsonElement Values { get; private set; }

    /// <summary>A reader of single values, whose errors name the file and the key.</summary>
    public ConfigurationReader Options => new(Values, _file);

    /// <summary>Reads the metadata at the cursor.</summary>
    /// <exception cref="CheckpointException">It is malformed.</exception>
    public static GgufMetadata Read(GgufCursor cursor, ulong count, UnchangedFile file)
    {
        if (count > MaximumKeys)
            throw new CheckpointException(file.Path, $"{count} metadata keys", $"at most {MaximumKeys}");
        GgufMetadata metadata = new(file);
        HashSet<string> keys = new();
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            for (ulong i = 0; i < count; i++)
            {
                string key = metadata.ReadText(cursor, MaximumKeyLength, "a metadata key");
                if (!keys.Add(key))
                    throw CheckpointException.ForOption(file.Path, key, "the key twice", "each key once");
                json.WritePropertyName(key);
                metadata.ReadValue(cursor, key, json);
            }

            json.WriteEndObject();
        }

        metadata.Values = JsonElement.Parse(buffer.WrittenSpan);
        return metadata;
    }

    /// <summary>Whether there is an array of that key.</summary>
    public bool HasArray(string key) => _arrays.ContainsKey(key);

    /// <summary>The texts of an array that must be there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="most">The most elements that it may have.</param>
    public string[] Texts(string key, int most = MaximumElements)
    {
        Elements array = FindTexts(key);
        if (array.Count > most)
            throw Fault(key, array, $"at most {most} texts");
        string[] texts = new string[array.Count];
        GgufCursor cursor = CursorAt(array);
        for (int i = 0; i < texts.Length; i++)
            texts[i] = Decode(cursor.Text(MaximumTextLength, key), key);
        return texts;
    }

    /// <summary>Where an array of texts, which must be there, first holds each of some texts; those that it does not hold are
    /// missing.</summary>
    /// <param name="key">The key.</param>
    /// <param name="wanted">The texts.</param>
    public Dictionary<string, int> IndexesOf(string key, FrozenSet<string> wanted)
    {
        Elements array = FindTexts(key);
        Dictionary<string, int> indexes = [];
        FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup = wanted.GetAlternateLookup<ReadOnlySpan<char>>();
        char[] characters = new char[wanted.Max(text => text.Length)];
        GgufCursor cursor = CursorAt(array);
        for (int i = 0; i < array.Count; i++)
        {
            // A text that is longer than all that are wanted does not fit.
            if (Utf8.ToUtf16(cursor.Text(MaximumTextLength, key), characters, out _, out int length) == OperationStatus.Done
                && lookup.TryGetValue(characters.AsSpan(0, length), out string? text))
            {
                indexes.TryAdd(text, i);
            }
        }

        return indexes;
    }

    /// <summary>The id of a token, or null where the key is absent or its value is no token: some converters write 2³² − 1, or the number
    /// of tokens, where there is none, and llama.cpp reads that so.</summary>
    /// <param name="key">The key.</param>
    /// <param name="vocabulary">The number of tokens.</param>
    public int? TokenId(string key, int vocabulary) =>
        Options.OptionalNumber(key, long.MinValue, ulong.MaxValue) is double id and >= 0 && id < vocabulary && double.IsInteger(id)
            ? (int)id
            : null;

    /// <summary>The first numbers of an array of 32-bit integers, or for float of float32 or 32-bit integers; null where there is no array
    /// of that key.</summary>
    /// <typeparam name="T">float or int.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="count">How many numbers; the array may have more.</param>
    public T[]? OptionalNumbers<T>(string key, int count)
        where T : unmanaged
    {
        if (!_arrays.TryGetValue(key, out Elements array))
            return null;
        bool isInteger = array.Type is GgufValueType.Int32 or GgufValueType.UInt32;
        bool isType = isInteger || (typeof(T) == typeof(float) && array.Type == GgufValueType.Float32);
        if (!isType || array.Count < count)
            throw Fault(key, array, $"{count} of type {typeof(T).Name}");
        T[] numbers = new T[count];
        Span<byte> content = MemoryMarshal.AsBytes(numbers.AsSpan());
        _content.Read(array.Offset, content);
        if (typeof(T) == typeof(float) && isInteger)
        {
            Span<float> converted = MemoryMarshal.Cast<byte, float>(content);
            TensorPrimitives.ConvertTruncating<int, float>(MemoryMarshal.Cast<byte, int>(content), converted);
        }

        return numbers;
    }

    /// <summary>The bytes of an array of 8-bit numbers, or null where there is no array of that key.</summary>
    public byte[]? OptionalBytes(string key)
    {
        if (!_arrays.TryGetValue(key, out Elements array))
            return null;
        if (array.Type is not (GgufValueType.UInt8 or GgufValueType.Int8))
            throw Fault(key, array, "bytes");
        byte[] bytes = new byte[array.Count];
        _content.Read(array.Offset, bytes);
        return bytes;
    }

    /// <summary>The flags of an array of booleans of <paramref name="count"/> elements, or null where there is no array of that
    /// key.</summary>
    public bool[]? OptionalFlags(string key, int count)
    {
        if (!_arrays.TryGetValue(key, out Elements array))
            return null;
        if (array.Type != GgufValueType.Boolean || array.Count != count)
            throw Fault(key, array, $"{count} of type Boolean");
        byte[] flags = new byte[count];
        _content.Read(array.Offset, flags);
        return [.. flags.Select(flag => flag != 0)];
    }

    private void ReadValue(GgufCursor cursor, string key, Utf8JsonWriter json)
    {
        GgufValueType type = (GgufValueType)cursor.Read<uint>(key);
        switch (type)
        {
            case GgufValueType.UInt8:
                json.WriteNumberValue((uint)cursor.Read<byte>(key));
                break;
            case GgufValueType.Int8:
                json.WriteNumberValue((int)cursor.Read<sbyte>(key));
                break;
            case GgufValueType.UInt16:
                json.WriteNumberValue((uint)cursor.Read<ushort>(key));
                break;
            case GgufValueType.Int16:
                json.WriteNumberValue((int)cursor.Read<short>(key));
                break;
            case GgufValueType.UInt32:
                json.WriteNumberValue(cursor.Read<uint>(key));
                break;
            case GgufValueType.Int32:
                json.WriteNumberValue(cursor.Read<int>(key));
                break;
            case GgufValueType.UInt64:
                json.WriteNumberValue(cursor.Read<ulong>(key));
                break;
            case GgufValueType.Int64:
                json.WriteNumberValue(cursor.Read<long>(key));
                break;
            case GgufValueType.Float32:
                // The shortest decimal that gives the float: 1e-5 again, where a conversion to double would write 9.99999974737875e-06.
                float single = cursor.Read<float>(key);
                RequireNumber(single, key);
                json.WriteNumberValue(single);
                break;
            case GgufValueType.Float64:
                double number = cursor.Read<double>(key);
                RequireNumber(number, key);
                json.WriteNumberValue(number);
                break;
            case GgufValueType.Boolean:
                byte boolean = cursor.Read<byte>(key);
                json.WriteBooleanValue(boolean <= 1
                    ? boolean == 1
                    : throw CheckpointException.ForOption(_file, key, $"a boolean of {boolean}", "0 or 1"));
                break;
            case GgufValueType.String:
                json.WriteStringValue(ReadText(cursor, MaximumTextLength, key));
                break;
            case GgufValueType.Array:
                ReadArray(cursor, key);
                json.WriteStartArray();
                json.WriteEndArray();
                break;
            default:
                throw CheckpointException.ForOption(_file, key, $"a value of type {(uint)type}", "a type of the GGUF format");
        }
    }

    private string ReadText(GgufCursor cursor, int maximum, string key)
    {
        ReadOnlySpan<byte> text = cursor.Text(maximum, key);
        _textLength += text.Length;
        return _textLength <= MaximumTextTotal
            ? Decode(text, key)
            : throw new CheckpointException(_file, $"more than {MaximumTextTotal} bytes of text outside arrays in its metadata", "less");
    }

    private void ReadArray(GgufCursor cursor, string key)
    {
        GgufValueType type = (GgufValueType)cursor.Read<uint>(key);
        ulong count = cursor.Read<ulong>(key);
        if (count > MaximumElements)
            throw CheckpointException.ForOption(_file, key, $"an array of {count}", $"at most {MaximumElements} elements");
        _arrays[key] = new Elements(type, (int)count, cursor.Position);
        if (type == GgufValueType.String)
        {
            for (ulong i = 0; i < count; i++)
                cursor.Text(MaximumTextLength, key);
            return;
        }

        int size = type switch
        {
            GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Boolean => 1,
            GgufValueType.UInt16 or GgufValueType.Int16 => 2,
            GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
            GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
            _ => throw CheckpointException.ForOption(_file, key, $"an array of type {(uint)type}", "numbers, booleans or texts"),
        };
        cursor.Skip((long)count, size, key);
    }

    private void RequireNumber(double value, string key)
    {
        if (!double.IsFinite(value))
            throw CheckpointException.ForOption(_file, key, "NaN or an infinity", "a number");
    }

    private string Decode(ReadOnlySpan<byte> text, string part)
        => Utf8.IsValid(text)
        ? Encoding.UTF8.GetString(text)
        : throw CheckpointException.ForOption(_file, part, "text that is not valid UTF-8", "UTF-8");

    private GgufCursor CursorAt(Elements array) => new(_content, _content.Length) { Position = array.Offset };

    private Elements FindTexts(string key)
    {
        const string Expected = "an array of texts";
        if (!_arrays.TryGetValue(key, out Elements array))
            throw CheckpointException.ForOption(_file, key, "nothing", Expected);
        return array.Type == GgufValueType.String ? array : throw Fault(key, array, Expected);
    }

    private CheckpointException Fault(string key, Elements array, string expected)
        => CheckpointException.ForOption(_file, key, $"an array of {array.Count} of type {array.Type}", expected);

    private readonly record struct Elements(GgufValueType Type, int Count, long Offset);
}

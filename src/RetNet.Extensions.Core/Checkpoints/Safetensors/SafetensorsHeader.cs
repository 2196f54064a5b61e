using System.Text.Json;
using System.Text.Unicode;
using RetNet.Extensions.Core.Formats;
using static RetNet.Extensions.Core.Checkpoints.CheckpointLimits;

namespace RetNet.Extensions.Core.Checkpoints.Safetensors;

/// <summary>Reads and checks the JSON header of a safetensors file.</summary>
/// <remarks>Reads token by token, so that memory stays in proportion to the tensors that are well-formed so far, and these are limited in
/// number.</remarks>
internal static class SafetensorsHeader
{
    private const int MaximumRank = 8;
    private const string EntryFields = "dtype, shape and data_offsets";

    /// <summary>One tensor: its data are the bytes [Begin, End) after the header.</summary>
    public sealed record Entry(string Name, TensorType Type, long[] Shape, long Begin, long End);

    /// <summary>All tensors of a header, in the order of their data.</summary>
    /// <param name="header">The header's bytes.</param>
    /// <param name="dataLength">Bytes in the file after the header; null where they are yet to come.</param>
    /// <param name="file">Path for messages.</param>
    /// <exception cref="CheckpointException">Anything is wrong with the header.</exception>
    public static List<Entry> Read(ReadOnlySpan<byte> header, long? dataLength, string file)
    {
        if (header.IsEmpty || header[0] != '{')
            throw new CheckpointException(file, "a header that does not begin with '{'", "a JSON object as header");
        if (!Utf8.IsValid(header))
            throw new CheckpointException(file, "a header that is not valid UTF-8", "a JSON object in UTF-8");
        try
        {
            List<Entry> entries = ReadEntries(header, dataLength ?? long.MaxValue, file);
            RequireExactCover(entries, dataLength, file);
            return entries;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(file,
                "a header that is not valid JSON of a safetensors file "
                    + $"({CheckpointException.Quote(e.Message)})", "an object of tensor descriptions", e);
        }
    }

    private static List<Entry> ReadEntries(ReadOnlySpan<byte> header, long dataLength, string file)
    {
        // Depth 3: the header, a tensor's description, its shape.
        Utf8JsonReader reader = new(header, new JsonReaderOptions { MaxDepth = 3 });
        List<Entry> entries = new();
        HashSet<string> names = new();
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueSpan.Length > MaximumNameLength)
            {
                throw new CheckpointException(file, $"a tensor name of {reader.ValueSpan.Length} bytes",
                    $"names of at most {MaximumNameLength} bytes");
            }

            string name = reader.GetString()!;
            if (!names.Add(name))
                throw CheckpointException.ForTensor(file, name, "two entries of that name", "one");
            if (names.Count > MaximumTensors)
                throw new CheckpointException(file, $"more than {MaximumTensors} tensors", "at most that many in one file");
            reader.Read();
            if (name == "__metadata__")
                SkipMetadata(ref reader, file);
            else
                entries.Add(ReadEntry(ref reader, name, dataLength, file));
        }

        reader.Read();
        return entries;
    }

    private static void SkipMetadata(ref Utf8JsonReader reader, string file)
    {
        bool valid = reader.TokenType == JsonTokenType.StartObject;
        while (valid && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            reader.Read();
            valid = reader.TokenType == JsonTokenType.String;
        }

        if (!valid)
        {
            throw new CheckpointException(file, "a __metadata__ entry with values that are not strings",
                "a map of strings to strings");
        }
    }

    private static Entry ReadEntry(ref Utf8JsonReader reader, string name, long dataLength, string file)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw CheckpointException.ForTensor(file, name, $"JSON of kind {reader.TokenType}", $"an object with {EntryFields}");

        TensorType? type = null;
        long[]? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (type is null && reader.ValueTextEquals("dtype"))
            {
                type = ReadType(ref reader, name, file);
            }
            else if (shape is null && reader.ValueTextEquals("shape"))
            {
                shape = ReadIntegers(ref reader, MaximumRank, name, $"a shape of at most {MaximumRank} non-negative integers", file);
            }
            else if (offsets is null && reader.ValueTextEquals("data_offsets"))
            {
                offsets = ReadIntegers(ref reader, 2, name, "data_offsets of two non-negative integers", file);
            }
            else
            {
                throw CheckpointException.ForTensor(file, name, "an unknown or a repeated field in its description",
                    $"{EntryFields}, each once");
            }
        }

        if (type is null || shape is null || offsets is null)
            throw CheckpointException.ForTensor(file, name, "a description without one of its fields", EntryFields);
        if (offsets is not [long begin, long end])
            throw CheckpointException.ForTensor(file, name, $"{offsets.Length} data_offsets", "2");
        if (begin > end || end > dataLength)
        {
            throw CheckpointException.ForTensor(file, name, $"data_offsets [{begin}, {end}]",
                $"a range inside the {dataLength} bytes of data that the file holds");
        }

        if (ByteLength(type.Value, shape) is not long byteLength || byteLength != end - begin)
        {
            throw CheckpointException.ForTensor(file, name, $"{end - begin} bytes of data",
                $"the size of type {type} with shape {TensorView.DescribeShape(shape)}");
        }

        return new Entry(name, type.Value, shape, begin, end);
    }

    private static TensorType ReadType(ref Utf8JsonReader reader, string name, string file)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > MaximumNameLength)
            throw CheckpointException.ForTensor(file, name, "a dtype that is not a short string", "the name of an element type");
        string typeName = reader.GetString()!;
        return TensorTypeNames.Find(typeName)
            ?? throw CheckpointException.ForTensor(file, name, $"dtype {CheckpointException.Quote(typeName)}",
                "an element type of the safetensors format");
    }

    private static long[] ReadIntegers(ref Utf8JsonReader reader, int maximumCount, string name, string expected, string file)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw CheckpointException.ForTensor(file, name, $"JSON of kind {reader.TokenType}", expected);
        Span<long> integers = stackalloc long[MaximumRank];
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count == maximumCount)
                throw CheckpointException.ForTensor(file, name, "more values", expected);
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out integers[count]) || integers[count] < 0)
                throw CheckpointException.ForTensor(file, name, "another value", expected);
            count++;
        }

        return integers[..count].ToArray();
    }

    /// <summary>Bytes of a tensor, or null where the product overflows or is no whole number of bytes.</summary>
    private static long? ByteLength(TensorType type, long[] shape)
    {
        Int128 bits = TensorTypeNames.Bits(type);
        foreach (long dimension in shape)
        {
            bits *= dimension;
            if (bits > long.MaxValue)
                return null;
        }

        return bits % 8 == 0 ? (long)(bits / 8) : null;
    }

    private static void RequireExactCover(List<Entry> entries, long? dataLength, string file)
    {
        entries.Sort((a, b) => (a.Begin, a.End).CompareTo((b.Begin, b.End)));
        long covered = 0;
        string previous = "the header";
        foreach (Entry entry in entries)
        {
            if (entry.Begin < covered)
            {
                throw CheckpointException.ForTensor(file, entry.Name, $"data that begin at {entry.Begin}, inside the data of {previous}",
                    "tensors that do not overlap");
            }

            if (entry.Begin > covered)
            {
                throw CheckpointException.ForTensor(file, entry.Name, $"data that begin at {entry.Begin}",
                    $"{covered}, where {previous} ends");
            }

            covered = entry.End;
            previous = CheckpointException.Quote(entry.Name);
        }

        if (dataLength is not null && covered != dataLength)
            throw new CheckpointException(file, $"{dataLength - covered} bytes after the last tensor", "none");
    }
}

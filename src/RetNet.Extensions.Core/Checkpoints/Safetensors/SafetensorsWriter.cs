using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Safetensors;

/// <summary>Writes safetensors files, as transformers and this library read them.</summary>
internal static class SafetensorsWriter
{
    private const int Alignment = 8;
    private const int BlockLength = 1 << 16;

    // Values that are asked for at a time, where a tensor gives parts of them.
    private const int PieceLength = 1 << 20;

    /// <summary>Writes tensors in the order of their names.</summary>
    /// <param name="stream">Receives the header's length, the header and the data, at its present position.</param>
    /// <param name="tensors">The tensors; the values of one after the other are asked for, so that they are not in memory together.</param>
    /// <param name="type">How values are stored: <see cref="TensorType.Float32"/>, or <see cref="TensorType.BFloat16"/>, rounded to nearest
    /// even.</param>
    /// <exception cref="ArgumentException">Two tensors have one name, a tensor gives another number of values than its shape says, or the
    /// type is neither of the two.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static void Write(Stream stream, IEnumerable<TensorSource> tensors, TensorType type = TensorType.Float32)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        if (type is not (TensorType.Float32 or TensorType.BFloat16))
        {
            throw new ArgumentException($"Weights of type {type} are not written; expected {TensorType.Float32} or {TensorType.BFloat16}.",
                nameof(type));
        }

        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Safetensors files are written as memory has them, in little-endian order; this "
                + "machine is big-endian.");
        }

        TensorSource[] sorted = [.. tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal)];
        WriteHeader(stream, sorted, type);
        byte[] block = ArrayPool<byte>.Shared.Rent(BlockLength);
        try
        {
            foreach (TensorSource tensor in sorted)
                WriteValues(stream, tensor, type, block);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private static void WriteHeader(Stream stream, TensorSource[] tensors, TensorType type)
    {
        ArrayBufferWriter<byte> header = new();
        using (Utf8JsonWriter json = new(header, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            json.WriteEndObject();
            long end = 0;
            for (int i = 0; i < tensors.Length; i++)
            {
                if (i > 0 && tensors[i].Name == tensors[i - 1].Name)
                    throw new ArgumentException($"Two tensors have the name '{tensors[i].Name}'.", nameof(tensors));
                long begin = end;
                end = checked(begin + tensors[i].Length * ElementSize(type));
                WriteEntry(json, tensors[i], type, begin, end);
            }

            json.WriteEndObject();
        }

        int padding = -header.WrittenCount & (Alignment - 1);
        header.GetSpan(padding)[..padding].Fill((byte)' ');
        header.Advance(padding);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.WrittenCount);
        stream.Write(length);
        stream.Write(header.WrittenSpan);
    }

    private static void WriteEntry(Utf8JsonWriter json, TensorSource tensor, TensorType type, long begin, long end)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", type == TensorType.Float32 ? "F32" : "BF16");
        json.WriteStartArray("shape");
        foreach (int dimension in tensor.Shape)
            json.WriteNumberValue(dimension);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(begin);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteValues(Stream stream, TensorSource tensor, TensorType type, byte[] block)
    {
        if (tensor.Piece is { } piece)
        {
            for (long done = 0; done < tensor.Length; done += PieceLength)
            {
                int length = (int)Math.Min(PieceLength, tensor.Length - done);
                WriteValues(stream, Checked(piece(done, length), length), type, block);
            }

            return;
        }

        WriteValues(stream, Checked(tensor.Values(), tensor.Length), type, block);

        ReadOnlySpan<float> Checked(ReadOnlySpan<float> values, long length) => values.Length == length
            ? values
            : throw new ArgumentException($"Tensor '{tensor.Name}' gives {values.Length} values; expected {length}.", nameof(tensor));
    }

    private static void WriteValues(Stream stream, ReadOnlySpan<float> values, TensorType type, byte[] block)
    {
        int blockValues = BlockLength / sizeof(float);
        for (int done = 0; done < values.Length; done += blockValues)
        {
            ReadOnlySpan<float> part = values.Slice(done, Math.Min(blockValues, values.Length - done));
            stream.Write(type == TensorType.Float32 ? MemoryMarshal.AsBytes(part) : Round(part, block));
        }
    }

    private static ReadOnlySpan<byte> Round(ReadOnlySpan<float> values, byte[] block)
    {
        Span<ushort> rounded = MemoryMarshal.Cast<byte, ushort>(block.AsSpan())[..values.Length];
        for (int i = 0; i < values.Length; i++)
            rounded[i] = WeightConversion.ToBFloat16(values[i]);
        return MemoryMarshal.AsBytes(rounded);
    }

    private static int ElementSize(TensorType type) => TensorTypeNames.Bits(type) / 8;
}

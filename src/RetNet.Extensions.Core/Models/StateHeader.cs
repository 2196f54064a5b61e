using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Models;

/// <summary>The head of a saved state: a mark, a version, the model's shape, the format of the values and the position.</summary>
internal static class StateHeader
{
    private const uint Mark = 0x54534E52; // "RNST"
    private const int Version = 2;

    public static void Write(BinaryWriter writer, ModelInfo info, StateFormat format, long position)
    {
        writer.Write(Mark);
        writer.Write(Version);
        writer.Write(info.StateShape);
        writer.Write((int)format);
        writer.Write(position);
    }

    public static (StateFormat Format, long Position) Read(BinaryReader reader, ModelInfo info)
    {
        uint mark = reader.ReadUInt32();
        if (mark != Mark)
            throw new InvalidDataException($"Not a saved state: it starts with 0x{mark:X8}, expected 0x{Mark:X8}.");
        int version = reader.ReadInt32();
        if (version != Version)
            throw new InvalidDataException($"The saved state has format version {version}; this library reads version {Version}.");
        string shape = ReadShape(reader, info.StateShape.Length);
        if (shape != info.StateShape)
        {
            throw new InvalidDataException($"The saved state is of a model of another shape: found '{shape}', expected "
                + $"'{info.StateShape}'.");
        }

        StateFormat format = (StateFormat)reader.ReadInt32();
        if (!Enum.IsDefined(format))
        {
            throw new InvalidDataException($"The saved state has values in format {(int)format}; expected {(int)StateFormat.Float32} "
                + $"(float32) or {(int)StateFormat.BFloat16} (bfloat16).");
        }

        long position = reader.ReadInt64();
        return position >= 0
            ? (format, position)
            : throw new InvalidDataException($"The saved state is at position {position}; expected 0 or more.");
    }

    // A hostile length must not become an allocation: a shape longer than ours cannot be equal to it.
    private static string ReadShape(BinaryReader reader, int expected)
    {
        int length = reader.Read7BitEncodedInt();
        if (length < 0 || length > Math.Max(expected, 256))
            throw new InvalidDataException($"The saved state names a model shape of {length} bytes; expected {expected}.");
        byte[] bytes = reader.ReadBytes(length);
        return bytes.Length == length ? System.Text.Encoding.UTF8.GetString(bytes) : throw new EndOfStreamException();
    }
}

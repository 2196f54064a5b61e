using System.Text;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Models;

/// <summary>The head of a saved state's content: the shape and the fingerprint of its model, the format of the values and the
/// position.</summary>
internal static class StateHeader
{
    public static void Write(BinaryWriter writer, ModelInfo info, StateOptions options, long position)
    {
        writer.Write(info.StateShape);
        writer.Write(info.FingerprintWith(options.Adapter));
        writer.Write((int)options.Format);
        writer.Write(position);
    }

    /// <exception cref="InvalidDataException">The state is of another model, or its format or position is none.</exception>
    public static (StateFormat Format, long Position) Read(BinaryReader reader, ModelInfo info, StateOptions options)
    {
        Require(ReadText(reader), info.StateShape, "a model of another shape");
        Require(ReadText(reader), info.FingerprintWith(options.Adapter),
            "a model with other weights, another configuration or another adapter");
        StateFormat format = (StateFormat)reader.ReadInt32();
        if (!Enum.IsDefined(format))
        {
            throw new InvalidDataException($"The saved state has values in format {(int)format}; expected "
                + $"{string.Join(", ", Enum.GetValues<StateFormat>().Select(known => $"{(int)known} ({known})"))}.");
        }

        long position = reader.ReadInt64();
        return position >= 0
            ? (format, position)
            : throw new InvalidDataException($"The saved state is at position {position}; expected 0 or more.");
    }

    private static void Require(string found, string expected, string other)
    {
        if (found != expected)
            throw new InvalidDataException($"The saved state is of {other}: found '{found}', expected '{expected}'.");
    }

    // A hostile length must not become an allocation.
    internal static string ReadText(BinaryReader reader)
    {
        const int longest = 256;
        int length = reader.Read7BitEncodedInt();
        if (length is < 0 or > longest)
            throw new InvalidDataException($"The saved state names its model in {length} bytes; expected at most {longest}.");
        byte[] bytes = reader.ReadBytes(length);
        return bytes.Length == length ? Encoding.UTF8.GetString(bytes) : throw new EndOfStreamException();
    }
}

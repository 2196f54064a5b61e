using System.Runtime.InteropServices;
using System.Text;

namespace RetNet.Extensions.ML.Onnx;

/// <summary>Writes a protocol buffers message: fields in any order, each with its number in the format's definition.</summary>
/// <remarks>A message holds the messages within it by reference, and large tensors not at all: they are read when it is written, so that a
/// file of 2 GiB takes the memory of its largest tensor.</remarks>
internal sealed class ProtoMessage
{
    private const int VarintType = 0;
    private const int LengthType = 2;

    private readonly List<Action<Stream>> _parts = [];

    private long Length { get; set; }

    public ProtoMessage Add(int field, long value) => AddBytes([.. Varint(Tag(field, VarintType)), .. Varint((ulong)value)]);

    public ProtoMessage Add(int field, string text) => Add(field, Encoding.UTF8.GetBytes(text));

    /// <summary>Adds a message that is complete.</summary>
    public ProtoMessage Add(int field, ProtoMessage message) => Add(field, message.Length, message.WriteTo);

    /// <summary>Adds numbers as the raw data of a tensor, little-endian.</summary>
    /// <param name="field">The field.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="read">Gives them when the message is written.</param>
    public ProtoMessage Add(int field, long count, Func<float[]> read) =>
        Add(field, count * sizeof(float), stream => stream.Write(MemoryMarshal.AsBytes(read().AsSpan())));

    public void WriteTo(Stream stream)
    {
        foreach (Action<Stream> write in _parts)
            write(stream);
    }

    private ProtoMessage Add(int field, byte[] bytes) => Add(field, bytes.Length, stream => stream.Write(bytes));

    private ProtoMessage Add(int field, long length, Action<Stream> write)
    {
        AddBytes([.. Varint(Tag(field, LengthType)), .. Varint((ulong)length)]);
        _parts.Add(write);
        Length += length;
        return this;
    }

    private ProtoMessage AddBytes(byte[] bytes)
    {
        _parts.Add(stream => stream.Write(bytes));
        Length += bytes.Length;
        return this;
    }

    private static ulong Tag(int field, int type) => ((ulong)field << 3) | (uint)type;

    private static List<byte> Varint(ulong value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return bytes;
    }
}

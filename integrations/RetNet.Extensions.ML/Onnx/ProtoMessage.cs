using System.Buffers.Binary;
using System.Text;

namespace RetNet.Extensions.ML.Onnx;

/// <summary>Writes a protocol buffers message: fields in any order, each with its number in the format's definition.</summary>
internal sealed class ProtoMessage
{
    private const int VarintType = 0;
    private const int LengthType = 2;

    private readonly MemoryStream _bytes = new();

    public ProtoMessage Add(int field, long value)
    {
        WriteTag(field, VarintType);
        WriteVarint((ulong)value);
        return this;
    }

    public ProtoMessage Add(int field, string text) => Add(field, Encoding.UTF8.GetBytes(text));

    public ProtoMessage Add(int field, ProtoMessage message) =>
        Add(field, message._bytes.GetBuffer().AsSpan(0, (int)message._bytes.Length));

    public ProtoMessage Add(int field, ReadOnlySpan<byte> bytes)
    {
        WriteTag(field, LengthType);
        WriteVarint((ulong)bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>Numbers as the raw data of a tensor, little-endian.</summary>
    public ProtoMessage Add(int field, ReadOnlySpan<float> values)
    {
        byte[] bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return Add(field, bytes);
    }

    public void WriteTo(Stream stream) => _bytes.WriteTo(stream);

    private void WriteTag(int field, int type) => WriteVarint(((ulong)field << 3) | (uint)type);

    private void WriteVarint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            _bytes.WriteByte((byte)(value | 0x80));
        _bytes.WriteByte((byte)value);
    }
}

using System.Buffers.Binary;
using System.Text;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

/// <summary>Writes safetensors files, well-formed or not.</summary>
internal static class SafetensorsBytes
{
    public const string OneTensor = """{"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}""";

    public static byte[] File(string header, int dataLength) => File(Encoding.UTF8.GetBytes(header), new byte[dataLength]);

    public static byte[] File(string header, byte[] data) => File(Encoding.UTF8.GetBytes(header), data);

    public static byte[] File(byte[] header, byte[] data, ulong? statedLength = null)
    {
        byte[] length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, statedLength ?? (ulong)header.Length);
        return [.. length, .. header, .. data];
    }

    /// <summary>A file of float32 matrices and vectors, each filled with one number.</summary>
    public static byte[] Floats(params (string Name, int[] Shape, float Value)[] tensors)
    {
        StringBuilder header = new("{\"__metadata__\":{\"format\":\"pt\"}");
        List<byte> data = new();
        foreach ((string name, int[] shape, float value) in tensors)
        {
            int begin = data.Count;
            for (int i = shape.Aggregate(1, (a, b) => a * b); i > 0; i--)
                data.AddRange(BitConverter.GetBytes(value));
            header.Append($",\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{string.Join(',', shape)}],");
            header.Append($"\"data_offsets\":[{begin},{data.Count}]}}");
        }

        return File(header.Append('}').ToString(), data.ToArray());
    }
}

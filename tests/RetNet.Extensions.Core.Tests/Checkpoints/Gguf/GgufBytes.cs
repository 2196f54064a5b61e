using System.Text;

namespace RetNet.Extensions.Core.Tests.Checkpoints.Gguf;

/// <summary>Writes GGUF files, well-formed or not.</summary>
internal sealed class GgufBytes
{
    public const uint F32 = 0, F16 = 1, Q4_0 = 2, Q8_0 = 8, BF16 = 30;

    private readonly MemoryStream _metadata = new();
    private readonly List<(string Name, long[] Shape, uint Type, byte[] Data, ulong? Offset)> _tensors = [];
    private ulong _keys;

    public uint Version { get; init; } = 3;

    public int Alignment { get; init; } = 32;

    public ulong? StatedKeys { get; init; }

    public ulong? StatedTensors { get; init; }

    /// <summary>The converter's order of the rows of a projection: a head's row i goes to 2i, its row i + w/2 to 2i + 1.</summary>
    public static float[] PairNeighbours(float[] values, int rows, int headWidth)
    {
        float[] permuted = new float[values.Length];
        int columns = values.Length / rows;
        for (int row = 0; row < rows; row++)
        {
            int i = row % headWidth;
            int target = row - i + (i < headWidth / 2 ? 2 * i : (2 * i) - headWidth + 1);
            values.AsSpan(row * columns, columns).CopyTo(permuted.AsSpan(target * columns));
        }

        return permuted;
    }

    /// <summary>A value of the type that fits: text, number, boolean, or an array of texts or numbers.</summary>
    public GgufBytes With(string key, object value)
    {
        using BinaryWriter writer = new(_metadata, Encoding.UTF8, leaveOpen: true);
        WriteText(writer, key);
        _keys++;
        switch (value)
        {
            case string[] texts:
                writer.Write(9u);
                writer.Write(8u);
                writer.Write((ulong)texts.Length);
                foreach (string text in texts)
                    WriteText(writer, text);
                break;
            case float[] numbers:
                writer.Write(9u);
                writer.Write(6u);
                writer.Write((ulong)numbers.Length);
                foreach (float number in numbers)
                    writer.Write(number);
                break;
            case int[] numbers:
                writer.Write(9u);
                writer.Write(5u);
                writer.Write((ulong)numbers.Length);
                foreach (int number in numbers)
                    writer.Write(number);
                break;
            case bool[] flags:
                writer.Write(9u);
                writer.Write(7u);
                writer.Write((ulong)flags.Length);
                foreach (bool flag in flags)
                    writer.Write(flag);
                break;
            case string text:
                writer.Write(8u);
                WriteText(writer, text);
                break;
            case bool boolean:
                writer.Write(7u);
                writer.Write(boolean);
                break;
            case float number:
                writer.Write(6u);
                writer.Write(number);
                break;
            default:
                writer.Write(4u);
                writer.Write(Convert.ToUInt32(value));
                break;
        }

        return this;
    }

    /// <param name="name">The tensor's name.</param>
    /// <param name="type">ggml's number.</param>
    /// <param name="shape">Outermost first.</param>
    /// <param name="data">The bytes.</param>
    /// <param name="offset">A stated offset, instead of the true one.</param>
    public GgufBytes WithTensor(string name, uint type, long[] shape, byte[] data, ulong? offset = null)
    {
        _tensors.Add((name, shape, type, data, offset));
        return this;
    }

    /// <summary>Some tensors of another file.</summary>
    public GgufBytes WithTensorsOf(GgufBytes other, Func<string, bool> contains)
    {
        _tensors.AddRange(other._tensors.Where(tensor => contains(tensor.Name)));
        return this;
    }

    public GgufBytes WithFloats(string name, long[] shape, float value)
    {
        byte[] data = new byte[4 * shape.Aggregate(1L, (a, b) => a * b)];
        for (int i = 0; i < data.Length; i += 4)
            BitConverter.TryWriteBytes(data.AsSpan(i), value);
        return WithTensor(name, F32, shape, data);
    }

    public byte[] ToArray()
    {
        using MemoryStream file = new();
        using BinaryWriter writer = new(file);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write(StatedTensors ?? (ulong)_tensors.Count);
        writer.Write(StatedKeys ?? _keys);
        writer.Write(_metadata.ToArray());
        ulong offset = 0;
        foreach ((string name, long[] shape, uint type, byte[] data, ulong? stated) in _tensors)
        {
            WriteText(writer, name);
            writer.Write(shape.Length);
            foreach (long dimension in shape.Reverse())
                writer.Write(dimension);
            writer.Write(type);
            writer.Write(stated ?? offset);
            offset += (ulong)Padded(data.Length);
        }

        writer.Write(new byte[Padded((int)file.Length) - (int)file.Length]);
        foreach ((_, _, _, byte[] data, _) in _tensors)
        {
            writer.Write(data);
            writer.Write(new byte[Padded(data.Length) - data.Length]);
        }

        return file.ToArray();
    }

    private int Padded(int length) => (length + Alignment - 1) / Alignment * Alignment;

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}

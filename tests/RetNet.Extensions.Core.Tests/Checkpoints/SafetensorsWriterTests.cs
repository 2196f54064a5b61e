using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

public class SafetensorsWriterTests
{
    [Fact]
    public void Header_is_sorted_padded_and_marked_for_transformers()
    {
        byte[] file = Write(TensorType.Float32, ("b", [2], [1, 2]), ("a", [1, 3], [3, 4, 5]));

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file);
        Assert.Equal(0UL, length % 8);
        string header = Encoding.UTF8.GetString(file, 8, (int)length);
        JsonElement root = JsonDocument.Parse(header).RootElement;
        Assert.Equal(["__metadata__", "a", "b"], root.EnumerateObject().Select(entry => entry.Name));
        Assert.Equal("pt", root.GetProperty("__metadata__").GetProperty("format").GetString());
        Assert.Equal("""{"dtype":"F32","shape":[1,3],"data_offsets":[0,12]}""", root.GetProperty("a").GetRawText());
        Assert.Equal(8 + (int)length + 20, file.Length);
    }

    [Property(MaxTest = 50)]
    public void What_is_written_is_read(float[][] tensors, bool fromStream)
    {
        (string, int[], float[])[] named = [.. (tensors
            ?? []).Select((values, i) => ($"layer.{i}\"ü", new[] { (values ?? []).Length }, values ?? []))];
        byte[] bytes = Write(TensorType.Float32, named);

        using TemporaryFolder folder = new();
        using SafetensorsFile file = fromStream
            ? SafetensorsFile.Read(new MemoryStream([.. bytes, 1, 2, 3]), "zip entry")
            : SafetensorsFile.Open(folder.Write("a.safetensors", bytes));

        Assert.Equal(named.Length, file.Tensors.Count);
        foreach ((string name, _, float[] values) in named)
        {
            float[] read = new float[values.Length];
            file.Tensors[name].CopyTo(read);
            Assert.Equal(values.Select(BitConverter.SingleToInt32Bits), read.Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Fact]
    public void BFloat16_is_rounded_to_nearest_even_and_keeps_NaN()
    {
        float[] values = [1, 1 + (1 / 256f), 1 + (3 / 256f), 1.0040f, float.MaxValue, float.NegativeInfinity,
            BitConverter.UInt32BitsToSingle(0x7F80_0001)];
        using SafetensorsFile file = SafetensorsFile.Read(new MemoryStream(Write(TensorType.BFloat16, ("w", [7], values))), "memory");

        float[] read = new float[7];
        file.Tensors["w"].CopyTo(read);

        Assert.Equal([1, 1, 1 + (4 / 256f), 1 + (2 / 256f), float.PositiveInfinity, float.NegativeInfinity, float.NaN], read);
    }

    [Fact]
    public void A_tensor_longer_than_a_block_is_whole()
    {
        float[] values = [.. Enumerable.Range(0, 40_000).Select(i => (float)i)];
        foreach (TensorType type in (TensorType[])[TensorType.Float32, TensorType.BFloat16])
        {
            using SafetensorsFile file = SafetensorsFile.Read(new MemoryStream(Write(type, ("w", [400, 100], values))), "memory");
            float[] read = new float[40_000];
            file.Tensors["w"].CopyTo(read);
            Assert.All(values.Zip(read), pair => Assert.InRange(pair.Second, pair.First * 0.996, pair.First * 1.004));
        }
    }

    [Fact]
    public void A_tensor_that_gives_parts_is_never_asked_for_as_a_whole()
    {
        const int Length = (1 << 21) + 5;
        List<int> asked = [];
        using MemoryStream stream = new();
        SafetensorsWriter.Write(stream, [new TensorSource("w", [Length], () => throw new NotSupportedException(), (first, length) =>
        {
            asked.Add(length);
            return Enumerable.Range((int)first, length).Select(i => (float)i).ToArray();
        })]);

        stream.Position = 0;
        using SafetensorsFile file = SafetensorsFile.Read(stream, "memory");
        float[] read = new float[Length];
        file.Tensors["w"].CopyTo(read);
        Assert.Equal(Enumerable.Range(0, Length).Select(i => (float)i), read);
        Assert.Equal([1 << 20, 1 << 20, 5], asked);
    }

    [Fact]
    public void Contradicting_tensors_are_refused()
    {
        Assert.Contains("'w' gives 1 values; expected 2",
            Assert.Throws<ArgumentException>(() => Write(TensorType.Float32, ("w", [2], [1]))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "name 'w'", Assert.Throws<ArgumentException>(() => Write(TensorType.Float32, ("w", [1], [1]),
                ("w", [1], [1]))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Write(TensorType.Int64, ("w", [1], [1])));
        Assert.Throws<ArgumentOutOfRangeException>(() => Write(TensorType.Float32, ("w", [-1], [])));
    }

    private static byte[] Write(TensorType type, params (string Name, int[] Shape, float[] Values)[] tensors)
    {
        using MemoryStream stream = new();
        SafetensorsWriter.Write(stream, tensors.Select(tensor => new TensorSource(tensor.Name, tensor.Shape, () => tensor.Values)), type);
        return stream.ToArray();
    }
}

using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

public class SafetensorsFileTests
{
    [Fact]
    public void Tensors_have_the_header_s_names_types_and_shapes()
    {
        using TemporaryFolder folder = new();
        using SafetensorsFile file = SafetensorsFile.Open(folder.Write("a.safetensors", SafetensorsBytes.File(
            """{"__metadata__":{"format":"pt"},"scalar":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"none":"""
            + """{"dtype":"BF16","shape":[0,7],"data_offsets":[8,8]},"bits":"""
            + """{"dtype":"F4","shape":[2,3],"data_offsets":[8,11]}}     """, 11)));

        Assert.Equal(["bits", "none", "scalar"], file.Tensors.Keys.Order());
        Assert.Equal(TensorType.Int64, file.Tensors["scalar"].Type);
        Assert.Equal(1, file.Tensors["scalar"].ElementCount);
        Assert.Equal([0, 7], file.Tensors["none"].Shape.ToArray());
        Assert.Equal(0, file.Tensors["none"].ElementCount);
        Assert.Equal(3, file.Tensors["bits"].ByteLength);
    }

    [Fact]
    public void Weights_of_each_type_widen_without_loss()
    {
        float[] values = [.. Enumerable.Range(-20, 41).Select(i => i * 0.25f), float.PositiveInfinity];
        AssertWidens("F32", values, MemoryMarshal.AsBytes<float>(values).ToArray());
        AssertWidens("F16", values, MemoryMarshal.AsBytes<Half>(values.Select(v => (Half)v).ToArray()).ToArray());
        AssertWidens(
            "BF16", values, MemoryMarshal.AsBytes<ushort>(values.Select(v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16)).ToArray())
                .ToArray());
    }

    [Fact]
    public void Data_that_are_not_aligned_are_read()
    {
        using TemporaryFolder folder = new();
        float[] values = [1, 2, 3];
        string header = """{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"F32","shape":[3],"data_offsets":[1,13]}}""";
        using SafetensorsFile file = SafetensorsFile.Open(folder.Write("a.safetensors",
            SafetensorsBytes.File(header, [0, .. MemoryMarshal.AsBytes<float>(values)])));

        float[] read = new float[3];
        file.Tensors["w"].CopyTo(read);

        Assert.Equal(values, read);
    }

    [Fact]
    public void Rows_are_a_part_of_the_matrix()
    {
        using TemporaryFolder folder = new();
        float[] values = [1, 2, 3, 4, 5, 6];
        using SafetensorsFile file = SafetensorsFile.Open(folder.Write("a.safetensors",
            SafetensorsBytes.File("""{"w":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]}}""",
                MemoryMarshal.AsBytes<float>(values).ToArray())));
        TensorView matrix = file.Tensors["w"];

        float[] lower = new float[4];
        matrix.Rows(1, 2).CopyTo(lower);

        Assert.Equal([3, 4, 5, 6], lower);
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Rows(2, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Rows(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Rows(1, long.MaxValue));
    }

    [Fact]
    public void Integers_are_no_weights_and_weights_are_no_integers()
    {
        using TemporaryFolder folder = new();
        using SafetensorsFile file = SafetensorsFile.Open(folder.Write("a.safetensors", SafetensorsBytes.File(
            """{"i":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12)));

        CheckpointException exception = Assert.Throws<CheckpointException>(() => file.Tensors["i"].CopyTo(new float[1]));
        Assert.Equal("i", exception.Tensor);
        Assert.Throws<CheckpointException>(() => file.Tensors["w"].CopyTo(new long[1]));
        Assert.Throws<ArgumentException>(() => file.Tensors["w"].CopyTo(new float[2]));
        file.Tensors["i"].CopyTo(new long[1]);
    }

    [Fact]
    public void Tensors_of_a_closed_file_are_refused()
    {
        using TemporaryFolder folder = new();
        SafetensorsFile file = SafetensorsFile.Open(folder.Write("a.safetensors", SafetensorsBytes.File(SafetensorsBytes.OneTensor, 24)));
        TensorView tensor = file.Tensors["w"];

        file.Dispose();
        file.Dispose();

        Assert.Throws<ObjectDisposedException>(() => tensor.CopyTo(new float[6]));
    }

    private static void AssertWidens(string type, float[] values, byte[] data)
    {
        using TemporaryFolder folder = new();
        string header = $$$"""{"w":{"dtype":"{{{type}}}","shape":[{{{values.Length}}}],"data_offsets":[0,{{{data.Length}}}]}}""";
        using SafetensorsFile file = SafetensorsFile.Open(folder.Write("a.safetensors", SafetensorsBytes.File(header, data)));

        float[] read = new float[values.Length];
        file.Tensors["w"].CopyTo(read);

        Assert.Equal(values, read);
    }
}

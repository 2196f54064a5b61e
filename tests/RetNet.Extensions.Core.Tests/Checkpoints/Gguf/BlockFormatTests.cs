using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Gguf;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Tests.Checkpoints.Gguf;

public class BlockFormatTests
{
    public static TheoryData<TensorType> Types =>
    [
        TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1, TensorType.Q4_K, TensorType.Q5_K,
        TensorType.Q6_K,
    ];

    public static TheoryData<TensorType> AllTypes => [.. Enum.GetValues<TensorType>().Where(BlockFormat.IsBlockFormat)];

    [Theory]
    [MemberData(nameof(AllTypes))]
    public void Blocks_have_the_values_that_ggml_gives_bit_for_bit(TensorType type)
    {
        using GgufFile file = GgufFile.Open(Path.Combine(AppContext.BaseDirectory, "Checkpoints", "Gguf", "blocks.gguf"));
        TensorView blocks = file.Tensors.Single(tensor => tensor.Name == type.ToString());
        Assert.Equal(type, blocks.Type);
        float[] expected = new float[blocks.ElementCount], actual = new float[blocks.ElementCount];
        file.Tensors.Single(tensor => tensor.Name == $"{type}.values").CopyTo(expected);

        blocks.CopyTo(actual);

        Assert.Equal(expected.Select(BitConverter.SingleToUInt32Bits), actual.Select(BitConverter.SingleToUInt32Bits));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Blocks_have_the_values_of_the_scalar_reference(TensorType type)
    {
        const int Blocks = 50;
        int elements = BlockReference.Elements(type), bytes = BlockReference.Bytes(type);
        byte[] data = new byte[Blocks * bytes];
        new Random(7).NextBytes(data);
        float[] values = new float[Blocks * elements];

        BlockFormat.Dequantize(type, data, values);

        for (int i = 0; i < values.Length; i++)
            Assert.Equal(BlockReference.Element(type, data.AsSpan(i / elements * bytes, bytes), i % elements), values[i]);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Only_a_tensor_of_NaN_alone_is_NaN_throughout(TensorType type)
    {
        int bytes = BlockFormat.Bytes(type);
        byte[] data = new byte[2 * bytes];
        Array.Fill(data, (byte)0xFF);
        Assert.True(Tensor(2).IsNaNOnly());
        data.AsSpan(bytes).Clear();
        Assert.False(Tensor(2).IsNaNOnly());
        Assert.False(Tensor(0).IsNaNOnly());

        TensorView Tensor(int blocks) =>
            new(new BytesInMemory(data), "blocks", type, [blocks * BlockFormat.Elements(type)], 0, blocks * bytes);
    }

    [Fact]
    public void Blocks_and_values_must_agree_in_number()
        => Assert.Throws<ArgumentOutOfRangeException>(() => BlockFormat.Dequantize(TensorType.Q8_0, new byte[34], new float[64]));

    /// <summary>A file of bytes.</summary>
    private sealed unsafe class BytesInMemory(byte[] bytes) : ITensorStore
    {
        public string Path => "memory";

        byte* ITensorStore.Memory => null;

        void ITensorStore.Read(long offset, Span<byte> target) => bytes.AsSpan((int)offset, target.Length).CopyTo(target);
    }
}

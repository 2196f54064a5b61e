using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Gguf;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Tests.Checkpoints.Gguf;

public class GgufFileTests
{
    [Theory]
    [InlineData(2u, 32)]
    [InlineData(3u, 32)]
    [InlineData(3u, 8)]
    public void Tensors_and_values_are_those_that_were_written(uint version, int alignment)
    {
        using TemporaryFolder folder = new();
        byte[] bytes = new GgufBytes { Version = version, Alignment = alignment }
            .With("general.alignment", alignment).With("text", "né").With("number", 1e-5f).With("flag", true)
            .With("list", (string[])["a", ""])
            .WithFloats("w", [2, 3], 0.5f).WithTensor("q", GgufBytes.Q8_0, [2, 32], new byte[68]).WithFloats("b", [3], 2).ToArray();
        using GgufFile file = GgufFile.Open(folder.Write("model.gguf", bytes));

        Assert.Equal(["w", "q", "b"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([2L, 3], file.Tensors[0].Shape);
        Assert.Equal((TensorType.Q8_0, 68L, 64L), (file.Tensors[1].Type, file.Tensors[1].ByteLength, file.Tensors[1].ElementCount));
        float[] values = new float[3];
        file.Tensors[2].CopyTo(values);
        Assert.Equal([2f, 2, 2], values);
        Assert.Equal("né", file.Metadata.Options.OptionalText("text"));
        Assert.Equal(1e-5, file.Metadata.Options.Number("number", 0, 1));
        Assert.True(file.Metadata.Options.Boolean("flag", false));
        Assert.Equal(["a", ""], file.Metadata.Texts("list"));
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        using TemporaryFolder folder = new();
        byte[] whole = new GgufBytes().With("text", "value").With("list", (string[])["a", "b"]).With("numbers", (float[])[1, 2])
            .WithFloats("w", [2, 3], 1).ToArray();
        int end = whole.Length - 8; // 24 bytes of data, padded to 32
        for (int length = 1; length < end; length++)
        {
            string path = folder.Write("model.gguf", whole[..length]);
            Assert.Equal(path, Assert.Throws<CheckpointException>(() => GgufFile.Open(path)).File);
        }

        GgufFile.Open(folder.Write("model.gguf", whole[..end])).Dispose();
    }

    public static TheoryData<string, byte[], string> Malformed => new()
    {
        { "another format", "PK\u0003\u0004 and more than that"u8.ToArray(), "begins with GGUF" },
        { "version 1", new GgufBytes { Version = 1 }.ToArray(), "found version 1; expected version 2 or 3" },
        { "big-endian", new GgufBytes { Version = 0x0300_0000 }.ToArray(), "big-endian" },
        { "absurdly many keys", new GgufBytes { StatedKeys = ulong.MaxValue }.ToArray(), "metadata keys" },
        { "more keys than there are", new GgufBytes { StatedKeys = 3, Alignment = 1 }.With("a", 1).ToArray(), "a complete header" },
        { "absurdly many tensors", new GgufBytes { StatedTensors = long.MaxValue }.ToArray(), "tensors" },
        { "a key twice", new GgufBytes().With("a", 1).With("a", 1).ToArray(), "option 'a': found the key twice" },
        { "an alignment of three", new GgufBytes().With("general.alignment", 3).ToArray(), "a power of two" },
        { "an alignment of zero", new GgufBytes().With("general.alignment", 0).ToArray(), "general.alignment" },
        { "NaN", new GgufBytes().With("a", float.NaN).ToArray(), "option 'a': found NaN" },
        { "a tensor twice", new GgufBytes().WithFloats("w", [1], 1).WithFloats("w", [1], 1).ToArray(), "tensor 'w': found two entries" },
        { "a type that is not read", new GgufBytes().WithTensor("w", 15, [256], new byte[292]).ToArray(), "tensor 'w': found type Q8_K" },
        { "a type that is not known", new GgufBytes().WithTensor("w", 4, [256], new byte[136]).ToArray(), "type number 4" },
        { "a part of a block", new GgufBytes().WithTensor("w", GgufBytes.Q8_0, [2, 48],
            new byte[102]).ToArray(), "rows of 48; expected a multiple of 32" },
        { "five dimensions", new GgufBytes().WithTensor("w", GgufBytes.F32, [1, 1, 1, 1, 1], new byte[4]).ToArray(), "5 dimensions" },
        { "a size that overflows", new GgufBytes().WithTensor("w", GgufBytes.F32, [1L << 40, 1L << 40],
            new byte[4]).ToArray(), "tensor 'w'" },
        { "a vector whose size overflows", new GgufBytes().WithTensor("w", GgufBytes.F32, [1L << 62],
            new byte[4]).ToArray(), "tensor 'w': found shape [4611686018427387904]" },
        { "a vector whose size becomes negative", new GgufBytes().WithTensor("w", GgufBytes.F32, [1L << 61],
            new byte[4]).ToArray(), "a tensor that fits into a file" },
        { "a vector in blocks", new GgufBytes().WithTensor("w", GgufBytes.Q8_0, [32],
            new byte[34]).ToArray(), "tensor 'w': found a vector of type Q8_0" },
        { "a negative dimension", new GgufBytes().WithTensor("w", GgufBytes.F32, [-1],
            new byte[4]).ToArray(), "a dimension of 18446744073709551615" },
        { "a matrix of zero rows", new GgufBytes().WithTensor("w", GgufBytes.F32, [0, 4],
            []).ToArray(), "tensor 'w': found a dimension of 0" },
        { "rows of nothing", new GgufBytes().WithTensor("w", GgufBytes.F32, [4, 0], []).ToArray(), "tensor 'w': found a dimension of 0" },
        { "data outside the file", new GgufBytes().WithTensor("w", GgufBytes.F32, [64], new byte[4]).ToArray(), "256 bytes from 0 on" },
        { "an offset outside the file", new GgufBytes().WithTensor("w", GgufBytes.F32, [1], new byte[4],
            offset: 1UL << 62).ToArray(), "tensor 'w'" },
        { "an offset that is not aligned", new GgufBytes().WithTensor("w", GgufBytes.F32, [1], new byte[4],
            offset: 4).ToArray(), "a multiple of the alignment, 32" },
        { "overlapping data", new GgufBytes().WithFloats("v", [16], 1).WithTensor("w", GgufBytes.F32, [16], new byte[64],
            offset: 32).ToArray(), "inside the data of 'v'" },
    };

    [Fact]
    public void Much_text_in_keys_is_refused()
    {
        using TemporaryFolder folder = new();
        GgufBytes bytes = new();
        for (int i = 0; i < 300; i++)
            bytes.With(new string('k', 60_000) + i, 1);
        string path = folder.Write("model.gguf", bytes.ToArray());

        Assert.Contains("bytes of text outside arrays in its metadata",
            Assert.Throws<CheckpointException>(() => GgufFile.Open(path)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Malformed_file_is_refused_by_name(string what, byte[] bytes, string message)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("model.gguf", bytes);

        CheckpointException exception = Assert.Throws<CheckpointException>(() => GgufFile.Open(path));

        Assert.True(
            exception.Message.StartsWith(path, StringComparison.Ordinal)
                && exception.Message.Contains(message, StringComparison.Ordinal), $"{what}: {exception.Message}");
    }
}

using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

/// <summary>The weights of one expert in tensors that hold those of all.</summary>
public sealed class ExpertSliceTests : IDisposable
{
    private const int Experts = 3;
    private const int Rows = 4;
    private const int Columns = 64;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Rows_of_a_joined_tensor_are_those_of_two_weights_one_above_the_other()
    {
        float[] all = Counted(Experts * Rows * Columns);
        using Checkpoint checkpoint = Open($$"""{"all":{{Entry("F32", [Experts, Rows, Columns], 0, all.Length * 4)}}}""", Bytes(all));

        TensorView weight = new ExpertSlice("all", Experts, Expert: 2, Rows, First: 2).Find(new TensorReader(checkpoint), [2, Columns]);

        Assert.Equal(all[(((2 * Rows) + 2) * Columns)..], Values(weight));
    }

    [Fact]
    public void Alternating_rows_and_biases_are_taken_apart()
    {
        float[] all = Counted(Experts * Rows * Columns), bias = Counted(Experts * Rows);
        int length = all.Length * 4;
        using Checkpoint checkpoint = Open(
            $$"""
            {"all":{{Entry("F32", [Experts, Columns, Rows], 0, length)}},
            "bias":{{Entry("F32", [Experts, Rows], length, length + (bias.Length * 4))}}}
            """,
            [.. Bytes(all), .. Bytes(bias)]);
        TensorReader tensors = new(checkpoint);

        TensorView weight = new ExpertSlice("all", Experts, Expert: 1, Rows, First: 1, Step: 2, IsTransposed: true)
            .Find(tensors, [2, Columns]);
        TensorView own = new ExpertSlice("bias", Experts, Expert: 1, Rows, First: 1, Step: 2).Find(tensors, [2]);

        float[] expected = [.. from row in (int[])[1, 3] from column in Enumerable.Range(0, Columns)
                               select all[(((1 * Columns) + column) * Rows) + row]];
        Assert.Equal(expected, Values(weight));
        Assert.Equal([bias[Rows + 1], bias[Rows + 3]], Values(own));
    }

    [Fact]
    public void Numbers_and_scales_of_MXFP4_in_two_tensors_are_one_weight()
    {
        byte[] blocks = new byte[Experts * Rows * Columns / 2], scales = new byte[Experts * Rows * Columns / 32];
        Random random = new(4);
        random.NextBytes(blocks);
        for (int i = 0; i < scales.Length; i++)
            scales[i] = (byte)random.Next(100, 140);
        using Checkpoint checkpoint = Open(
            $$"""
            {"all_blocks":{{Entry("U8", [Experts, Rows, Columns / 32, 16], 0, blocks.Length)}},
            "all_scales":{{Entry("U8", [Experts, Rows, Columns / 32], blocks.Length, blocks.Length + scales.Length)}}}
            """,
            [.. blocks, .. scales]);

        TensorView weight = new ExpertSlice("all", Experts, Expert: 1, Rows, First: 1, Step: 2).Find(
            new TensorReader(checkpoint), [2, Columns]);

        float[] numbers = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, 0, -0.5f, -1, -1.5f, -2, -3, -4, -6];
        float[] expected = [.. from row in (int[])[Rows + 1, Rows + 3] from column in Enumerable.Range(0, Columns)
                               let pair = blocks[((row * Columns) + column) / 2]
                               let scale = scales[((row * Columns) + column) / 32]
                               select numbers[column % 2 == 0 ? pair & 15 : pair >> 4] * MathF.Pow(2, scale - 127)];
        Assert.Equal(TensorType.MXFP4, weight.Type);
        Assert.Equal(expected, Values(weight));
    }

    [Fact]
    public void A_tensor_of_another_shape_is_refused_with_what_was_expected()
    {
        float[] all = Counted(Experts * Rows * Columns);
        using Checkpoint checkpoint = Open($$"""{"all":{{Entry("F32", [Experts, Rows, Columns], 0, all.Length * 4)}}}""", Bytes(all));

        CheckpointException refused = Assert.Throws<CheckpointException>(() =>
            new ExpertSlice("all", Experts + 1, Expert: 0, Rows).Find(new TensorReader(checkpoint), [Rows, Columns]));

        Assert.Contains("'all'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("[4 × 4 × 64]", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static float[] Counted(int length) => [.. Enumerable.Range(0, length).Select(i => (float)i)];

    private static byte[] Bytes(float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static string Entry(string type, int[] shape, int begin, int end) =>
        $$"""{"dtype":"{{type}}","shape":[{{string.Join(',', shape)}}],"data_offsets":[{{begin}},{{end}}]}""";

    private static float[] Values(TensorView tensor)
    {
        float[] values = new float[tensor.ElementCount];
        tensor.CopyTo(values);
        return values;
    }

    private Checkpoint Open(string header, byte[] data)
    {
        _folder.Write("config.json", "{}"u8.ToArray());
        return Checkpoint.Open(_folder.Write("model.safetensors", SafetensorsBytes.File(header, data)));
    }
}

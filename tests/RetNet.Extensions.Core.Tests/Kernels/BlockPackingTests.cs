using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Linear;

namespace RetNet.Extensions.Core.Tests.Kernels;

/// <summary>Weights in blocks of integers keep their integers: nothing is rounded a second time.</summary>
public sealed unsafe class BlockPackingTests
{
    [Theory]
    [InlineData(TensorType.Q8_0, WeightFormat.Int8, 0)]
    [InlineData(TensorType.Q4_0, WeightFormat.Int4, 0)]
    [InlineData(TensorType.Q4_1, WeightFormat.Int4, 0)]
    [InlineData(TensorType.Q4_K, WeightFormat.Int4, 0.001)]
    [InlineData(TensorType.IQ4_NL, WeightFormat.Int8, 0)]
    [InlineData(TensorType.MXFP4, WeightFormat.Int8, 0)]
    [InlineData(TensorType.TQ1_0, WeightFormat.Int4, 0)]
    [InlineData(TensorType.TQ2_0, WeightFormat.Int4, 0)]
    [InlineData(TensorType.Q1_0, WeightFormat.Int4, 0)]
    [InlineData(TensorType.Q2_0, WeightFormat.Int4, 0)]
    public void Blocks_become_the_weights_that_their_reference_gives(TensorType type, WeightFormat expected, double relative)
    {
        const int rows = 70, columns = 512;
        using Blocks blocks = new(type, rows * columns);
        TensorView tensor = new(blocks, "w", type, [rows, columns], 0, blocks.Bytes.Length);
        float[] reference = new float[rows * columns];
        tensor.CopyTo(reference);
        using WeightMatrix weights = WeightMatrix.Create(tensor.Stored, WeightFormat.Auto, threads: 2);
        Assert.Equal(expected, weights.Format);
        float[] packed = TestMatrix.Read(weights);
        for (int i = 0; i < packed.Length; i++)
            Assert.Equal(reference[i], packed[i], relative * (Math.Abs(reference[i]) + 64));
    }

    [Theory]
    [InlineData(TensorType.IQ4_XS, WeightFormat.Int8)]
    [InlineData(TensorType.IQ3_XXS, WeightFormat.Int8)]
    [InlineData(TensorType.IQ3_S, WeightFormat.Int4)]
    [InlineData(TensorType.IQ1_S, WeightFormat.Int4)]
    public void Scales_that_are_products_are_rounded_to_halves(TensorType type, WeightFormat expected)
    {
        const int rows = 70, columns = 512;
        using Blocks blocks = new(type, rows * columns);
        TensorView tensor = new(blocks, "w", type, [rows, columns], 0, blocks.Bytes.Length);
        float[] reference = new float[rows * columns];
        tensor.CopyTo(reference);
        using WeightMatrix weights = WeightMatrix.Create(tensor.Stored, WeightFormat.Auto, threads: 2);
        Assert.Equal(expected, weights.Format);
        float[] packed = TestMatrix.Read(weights);

        // Scale and offset are each wrong by 2^−11 of themselves at most, and no more than the group's range.
        for (int i = 0; i < packed.Length; i++)
        {
            ReadOnlySpan<float> group = reference.AsSpan(i / 32 * 32, 32);
            Assert.Equal(reference[i], packed[i], (TensorPrimitives.Max(group) - TensorPrimitives.Min(group)) * MathF.Pow(2, -10));
        }
    }

    [Theory]
    [InlineData(TensorType.Q6_K)]
    [InlineData(TensorType.Q5_K)]
    [InlineData(TensorType.Q5_0)]
    [InlineData(TensorType.Q5_1)]
    public void Blocks_of_five_and_six_bits_become_integers_of_eight(TensorType type)
    {
        const int rows = 3, columns = 256;
        using Blocks blocks = new(type, rows * columns);
        TensorView tensor = new(blocks, "w", type, [rows, columns], 0, blocks.Bytes.Length);
        float[] reference = new float[rows * columns];
        tensor.CopyTo(reference);
        using WeightMatrix weights = WeightMatrix.Create(tensor.Stored, WeightFormat.Auto);
        Assert.Equal(WeightFormat.Int8, weights.Format);
        float[] packed = TestMatrix.Read(weights);
        for (int i = 0; i < packed.Length; i++)
            Assert.Equal(reference[i], packed[i], reference.Skip(i / 32 * 32).Take(32).Max(Math.Abs) * 0.0045);
    }

    /// <summary>Random blocks with scales from 2⁻⁶ to 1.</summary>
    private sealed class Blocks : ITensorStore, IDisposable
    {
        private readonly GCHandle _handle;

        public Blocks(TensorType type, int elements)
        {
            int bytes = BlockFormat.Bytes(type);
            Bytes = new byte[elements / BlockFormat.Elements(type) * bytes];
            Random random = new(5);
            random.NextBytes(Bytes);
            int[] halves = type switch
            {
                TensorType.Q4_K or TensorType.Q5_K or TensorType.Q4_1 or TensorType.Q5_1 => [0, 2],
                TensorType.Q6_K => [208],
                TensorType.TQ1_0 => [52],
                TensorType.TQ2_0 => [64],
                TensorType.MXFP4 => [],
                _ => [0]
            };
            for (int block = 0; block < Bytes.Length; block += bytes)
            {
                foreach (int at in halves)
                    MemoryMarshal.Write(Bytes.AsSpan(block + at), (Half)Math.Pow(2, -6 * random.NextDouble()));
                if (type == TensorType.MXFP4)
                    Bytes[block] = (byte)random.Next(110, 130);
            }

            _handle = GCHandle.Alloc(Bytes, GCHandleType.Pinned);
        }

        public byte[] Bytes { get; }

        public string Path => "blocks.gguf";

        public byte* Memory => (byte*)_handle.AddrOfPinnedObject();

        public void Dispose() => _handle.Free();
    }
}

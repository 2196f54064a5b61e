using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Quantized;

/// <summary>Scales and zero points of GPTQ and AWQ: scales <c>[groups × outputs]</c>, zero points <c>[groups × outputs / p]</c> with p
/// numbers in an int32.</summary>
/// <param name="Scales">As stored.</param>
/// <param name="Zeros">As stored.</param>
/// <param name="Outputs">Rows of the matrix.</param>
/// <param name="Groups">Groups of inputs.</param>
/// <param name="Bits">Of a zero point.</param>
internal sealed record GroupScales(TensorView Scales, TensorView Zeros, int Outputs, int Groups, int Bits)
{
    /// <exception cref="CheckpointException">One is missing, of another shape or type.</exception>
    public static GroupScales Take(TensorSet tensors, string module, int outputs, int groups, int bits)
    {
        int pack = 32 / bits;
        return new GroupScales(
            tensors.Require(module + ".scales", module, StoredNumber.Scales, groups, outputs),
            tensors.Require(module + ".qzeros", module, [TensorType.Int32], groups, (outputs + pack - 1) / pack),
            outputs, groups, bits);
    }

    /// <summary>Both by output, <c>[outputs × groups]</c>.</summary>
    /// <param name="places">The place of each of p outputs in a word.</param>
    /// <param name="bias">What is added to each zero point.</param>
    public (float[] Scales, short[] Zeros) Read(ReadOnlySpan<byte> places, int bias)
    {
        float[] stored = Scales.ToFloats(), scales = new float[stored.Length];
        uint[] words = StoredNumber.Raw<uint>(Zeros);
        short[] zeros = new short[stored.Length];
        int pack = 32 / Bits, packed = words.Length / Groups;
        for (int o = 0; o < Outputs; o++)
        {
            for (int g = 0; g < Groups; g++)
            {
                scales[(o * Groups) + g] = stored[(g * Outputs) + o];
                zeros[(o * Groups) + g] =
                    (short)(PackedIntegers.Get(words[(g * packed) + (o / pack)], places[o % pack], Bits) + bias);
            }
        }

        return (scales, zeros);
    }
}

using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Quantized;

/// <summary>AWQ (arXiv 2306.00978) as AutoAWQ saves it for its GEMM kernels: qweight <c>[inputs × outputs / 8]</c> and qzeros <c>[groups ×
/// outputs / 8]</c> with eight numbers in an int32, in the order of <see cref="Places"/>; scales <c>[groups × outputs]</c>.</summary>
internal static class AwqMatrices
{
    private const int Bits = 4;
    private const int Pack = 8;

    // The place of each of eight outputs in a word.
    private static ReadOnlySpan<byte> Places => [0, 4, 1, 5, 2, 6, 3, 7];

    public static void Read(TensorSet tensors, ConfigurationReader options)
    {
        if ((options.OptionalInteger("bits", 1, 8) ?? options.OptionalInteger("w_bit", 1, 8) ?? Bits) != Bits)
            throw options.Fault("bits", "4: other widths are not supported");
        string version = (options.OptionalText("version") ?? options.OptionalText("format") ?? "gemm").ToLowerInvariant();
        if (version != "gemm")
            throw options.TextFault("version", "gemm: load it with transformers and save it dequantised");
        foreach (string module in tensors.Before(".qweight"))
            Add(tensors, module, options);
    }

    private static void Add(TensorSet tensors, string module, ConfigurationReader options)
    {
        TensorView weights = tensors.Require(module + ".qweight", module);
        (int inputs, int packed) = weights.Shape is [> 0 and <= ConfigurationReader.MaximumWidth, > 0 and <= int.MaxValue / Pack]
            ? ((int)weights.Shape[0], (int)weights.Shape[1])
            : (0, 0);
        int outputs = packed * Pack;
        TensorSet.Check(weights, [TensorType.Int32], inputs, packed);
        int groupSize = PackedIntegers.GroupSize(options, inputs);
        int groups = (inputs + groupSize - 1) / groupSize;
        GroupScales scales = GroupScales.Take(tensors, module, outputs, groups, Bits);
        tensors.Add(IntegerMatrix.Create(
            weights.File, module + ".weight", outputs, inputs, groupSize, null, Bits, scales.Read(Places, bias: 0), scales.Scales.Type,
            tensors.Cache, Decode));

        DecodedMatrix Decode()
        {
            uint[] words = StoredNumber.Raw<uint>(weights);
            byte[] values = new byte[checked(outputs * inputs)];
            for (int k = 0; k < inputs; k++)
            {
                for (int o = 0; o < outputs; o++)
                    values[(o * inputs) + k] = PackedIntegers.Get(words[(k * packed) + (o / Pack)], Places[o % Pack], Bits);
            }

            (float[] s, short[] z) = scales.Read(Places, bias: 0);
            return new DecodedMatrix(values, s, z);
        }
    }
}

using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Quantized;

/// <summary>GPTQ (arXiv 2210.17323) as AutoGPTQ and GPTQModel save it: qweight <c>[inputs / p × outputs]</c> with p numbers in an int32,
/// the lowest bits first; qzeros <c>[groups × outputs / p]</c>; scales <c>[groups × outputs]</c>; g_idx, the group of each input.</summary>
internal static class GptqMatrices
{
    // Outputs stand in a word in their order.
    private static ReadOnlySpan<byte> Places => [0, 1, 2, 3, 4, 5, 6, 7];

    public static void Read(TensorSet tensors, ConfigurationReader options)
    {
        int bits = options.Integer("bits", 2, 8);
        if (bits is not (4 or 8))
            throw options.Fault("bits", "4 or 8: load it with transformers and save it dequantised");
        string format = options.OptionalText("checkpoint_format") ?? "gptq";
        if (format is not ("gptq" or "gptq_v2"))
            throw options.TextFault("checkpoint_format", "gptq or gptq_v2: save it in that format, or dequantised");
        if (options.Contains("dynamic") && !options.IsEmpty("dynamic"))
            throw options.Fault("dynamic", "none: settings of single modules are not supported");

        // Format 1 stores zero points less one.
        int bias = format == "gptq" ? 1 : 0;
        foreach (string module in tensors.Before(".qweight"))
            Add(tensors, module, bits, bias, options);
    }

    private static void Add(TensorSet tensors, string module, int bits, int bias, ConfigurationReader options)
    {
        int pack = 32 / bits;
        TensorView weights = tensors.Require(module + ".qweight", module);
        (int packed, int outputs) = weights.Shape is [> 0 and <= ConfigurationReader.MaximumWidth, > 0 and <= int.MaxValue]
            ? ((int)weights.Shape[0], (int)weights.Shape[1])
            : (0, 0);
        int inputs = packed * pack;
        TensorSet.Check(weights, [TensorType.Int32], packed, outputs);
        int groupSize = PackedIntegers.GroupSize(options, inputs);
        int groups = (inputs + groupSize - 1) / groupSize;
        GroupScales scales = GroupScales.Take(tensors, module, outputs, groups, bits);
        int[]? groupOfInput = GroupOrder.Take(tensors, module + ".g_idx", inputs, groupSize, groups);
        tensors.Add(IntegerMatrix.Create(
            weights.File, module + ".weight", outputs, inputs, groupSize, groupOfInput, bits, scales.Read(Places, bias), scales.Scales.Type,
            tensors.Cache, Decode));

        DecodedMatrix Decode()
        {
            uint[] words = StoredNumber.Raw<uint>(weights);
            byte[] values = new byte[checked(outputs * inputs)];
            for (int k = 0; k < inputs; k++)
            {
                for (int o = 0; o < outputs; o++)
                    values[(o * inputs) + k] = PackedIntegers.Get(words[(k / pack * outputs) + o], k % pack, bits);
            }

            (float[] s, short[] z) = scales.Read(Places, bias);
            return new DecodedMatrix(values, s, z);
        }
    }
}

using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Quantized;

/// <summary>bitsandbytes: int8 with a largest magnitude of each row (SCB); nf4 and fp4, numbers of a table times the largest magnitude of a
/// block of elements, which may be quantised itself (QLoRA, arXiv 2305.14314).</summary>
internal static class BitsAndBytesMatrices
{
    private const string State = ".weight.quant_state.bitsandbytes__";

    public static void Read(TensorSet tensors)
    {
        foreach (string module in tensors.Before(".SCB"))
            AddInt8(tensors, module);
        foreach (string type in (string[])["nf4", "fp4"])
        {
            foreach (string module in tensors.Before(State + type))
                FourBitMatrix.Add(tensors, module + ".weight", State[".weight".Length..] + type);
        }

        tensors.Drop(".weight_format");
    }

    // W = q · SCB / 127.
    private static void AddInt8(TensorSet tensors, string module)
    {
        TensorView weights = tensors.Require(module + ".weight", module), largest = tensors.Require(module + ".SCB", module);
        if (weights.Shape is not [long rows and > 0 and <= int.MaxValue,
            long columns and > 0 and <= ConfigurationReader.MaximumWidth]
            || weights.Type != TensorType.Int8)
        {
            throw CheckpointException.ForTensor(weights.File, weights.Name, $"{weights.Type} of shape {weights.DescribeShape()}",
                "a matrix of I8");
        }

        TensorSet.Check(largest, StoredNumber.Scales, rows);
        tensors.Add(IntegerMatrix.CreateSigned(weights, (int)columns, Scales, tensors.Type, tensors.Cache));

        (float[] Scales, short[] Zeros) Scales() => ([.. largest.ToFloats().Select(value => value / 127)], new short[rows]);
    }
}

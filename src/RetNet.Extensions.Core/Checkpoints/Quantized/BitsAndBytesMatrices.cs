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
        const int offset = 128;
        TensorView weights = tensors.Require(module + ".weight", module), largest = tensors.Require(module + ".SCB", module);
        if (weights.Shape is not [long rowCount and > 0 and <= int.MaxValue,
            long columnCount and > 0 and <= ConfigurationReader.MaximumWidth]
            || weights.Type != TensorType.Int8)
        {
            throw CheckpointException.ForTensor(weights.File, weights.Name, $"{weights.Type} of shape {weights.DescribeShape()}",
                "a matrix of I8");
        }

        (int rows, int columns) = ((int)rowCount, (int)columnCount);
        TensorSet.Check(largest, StoredNumber.Scales, rows);
        tensors.Add(IntegerMatrix.Create(
            weights.File, weights.Name, rows, columns, columns, null, 8, Scales(), tensors.Type, tensors.Cache, () =>
            {
                byte[] values = StoredNumber.Raw<byte>(weights);
                for (int i = 0; i < values.Length; i++)
                    values[i] ^= offset;
                (float[] s, short[] z) = Scales();
                return new DecodedMatrix(values, s, z);
            }));

        (float[] Scales, short[] Zeros) Scales() =>
            ([.. StoredNumber.Floats(largest).Select(value => value / 127)], [.. Enumerable.Repeat((short)offset, rows)]);
    }
}

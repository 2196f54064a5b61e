using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>Reads every element of a tensor.</summary>
internal static class Weights
{
    public static void Read(TensorView tensor)
    {
        if (tensor.Type == TensorType.Int64)
            tensor.CopyTo(new long[tensor.ElementCount]);
        if (tensor.IsWeight)
            tensor.CopyTo(new float[tensor.ElementCount]);
    }
}

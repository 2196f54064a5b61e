using RetNet.Extensions.Benchmarks.Models;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Linear;

namespace RetNet.Extensions.Benchmarks.Kernels;

/// <summary>Matrices of random weights.</summary>
internal static class RandomWeights
{
    private const string Name = "weights";

    public static WeightMatrix Create(int rows, int columns, WeightFormat format)
    {
        using MemoryStream file = new();
        SafetensorsWriter.Write(file, [new SyntheticTensor(Name, "", rows, columns).Source]);
        file.Position = 0;
        using SafetensorsFile tensors = SafetensorsFile.Read(file, Name);
        return WeightMatrix.Create(tensors.Tensors[Name].Stored, format);
    }

    /// <summary>Bytes of a matrix in memory, as counted: what multiplying by it must read.</summary>
    public static long Bytes(long rows, long columns, WeightFormat format)
    {
        const int groupSize = 64;
        long values = rows * columns, groups = values / groupSize;
        return format switch
        {
            WeightFormat.Float32 => values * sizeof(float),
            WeightFormat.BFloat16 => values * sizeof(ushort),
            WeightFormat.Int8 => values + (groups * sizeof(float)),
            _ => (values / 2) + (groups * sizeof(float)),
        };
    }
}

using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Kernels;
using RetNet.Extensions.Core.Tests.Checkpoints;

namespace RetNet.Extensions.Core.Tests.Kernels;

/// <summary>A random weight matrix in one of the formats, loaded from a file as a model's would be.</summary>
internal sealed class TestMatrix : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SafetensorsFile _file;

    public TestMatrix(int rows, int columns, WeightFormat format, int seed = 1)
    {
        Original = RandomValues.Floats((long)rows * columns, seed);
        string header = $"{{\"w\":{{\"dtype\":\"F32\",\"shape\":[{rows},{columns}],\"data_offsets\":[0,{Original.Length * sizeof(float)}]}}}}";
        string path = _folder.Write("w.safetensors", SafetensorsBytes.File(header, MemoryMarshal.AsBytes<float>(Original).ToArray()));
        _file = SafetensorsFile.Open(path);
        Weights = WeightMatrix.Create(_file.Tensors["w"], format);
    }

    public WeightMatrix Weights { get; }

    /// <summary>The weights before rounding to the format, row by row.</summary>
    public float[] Original { get; }

    /// <summary>The weights as the format has them, row by row.</summary>
    public float[] Rounded()
    {
        float[] values = new float[Original.Length];
        for (int row = 0; row < Weights.Rows; row++)
            Weights.CopyRow(row, values.AsSpan(row * Weights.Columns, Weights.Columns));
        return values;
    }

    public void Dispose()
    {
        Weights.Dispose();
        _file.Dispose();
        _folder.Dispose();
    }
}

using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Kernels;
using RetNet.Extensions.Core.Tests.Checkpoints;

namespace RetNet.Extensions.Core.Tests.Kernels;

/// <summary>A random weight matrix in one of the formats, loaded from a file as a model's would be.</summary>
internal sealed unsafe class TestMatrix : IDisposable
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

    /// <summary>The integer that stands for a weight of an integer format.</summary>
    public int Integer(int row, int column)
    {
        PackedWeights w = Weights.Packed;
        int r = row % 64;
        byte* panel = w.Panel(row / 64);
        if (w.Format == WeightFormat.Int8)
            return ((sbyte*)panel)[(((column / 2 * 64) + r) * 2) + (column % 2)];
        int both = panel[(((column / 4 * 64) + r) * 2) + (column % 2)];
        return column % 4 < 2 ? both & 15 : both >> 4;
    }

    /// <summary>The scale of a weight's group, and its offset.</summary>
    public (float Scale, float Offset) Scale(int row, int column)
    {
        int index = (column / 32 * 64) + (row % 64);
        PackedWeights w = Weights.Packed;
        float scale = (float)BitConverter.UInt16BitsToHalf(w.PanelScales(row / 64)[index]);
        return (scale, w.Format == WeightFormat.Int4 ? (float)BitConverter.UInt16BitsToHalf(w.PanelOffsets(row / 64)[index]) : 0);
    }

    public void Dispose()
    {
        Weights.Dispose();
        _file.Dispose();
        _folder.Dispose();
    }
}

using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Tests.Checkpoints;

namespace RetNet.Extensions.Core.Tests.Kernels;

/// <summary>A random weight matrix in one of the formats, loaded from a file as a model's would be.</summary>
internal sealed unsafe class TestMatrix : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SafetensorsFile _file;

    public TestMatrix(int rows, int columns, WeightFormat format, int seed = 1)
        : this(rows, columns, format, _ => { }, seed)
    {
    }

    public TestMatrix(int rows, int columns, WeightFormat format, Action<float[]> change, int seed = 1)
    {
        Original = RandomValues.Floats((long)rows * columns, seed);
        change(Original);
        string header =
            $"{{\"w\":{{\"dtype\":\"F32\",\"shape\":[{rows},{columns}],\"data_offsets\":[0,{Original.Length * sizeof(float)}]}}}}";
        string path = _folder.Write("w.safetensors", SafetensorsBytes.File(header, MemoryMarshal.AsBytes<float>(Original).ToArray()));
        _file = SafetensorsFile.Open(path);
        Weights = WeightMatrix.Create(_file.Tensors["w"].Stored, format);
    }

    public WeightMatrix Weights { get; }

    /// <summary>The weights before rounding to the format, row by row.</summary>
    public float[] Original { get; }

    /// <summary>The weights as the format has them, row by row.</summary>
    public float[] Rounded() => Read(Weights);

    /// <summary>The weights of a matrix, row by row.</summary>
    public static float[] Read(WeightMatrix weights)
    {
        float[] values = new float[weights.Rows * weights.Columns];
        for (int i = 0; i < values.Length; i++)
            values[i] = Weight(weights.Packed, i / weights.Columns, i % weights.Columns);
        return values;
    }

    /// <summary>The integer that stands for a weight of an integer format.</summary>
    public static int Integer(PackedWeights w, int row, int column)
    {
        int r = row % 64;
        byte* panel = w.Panel(row / 64);
        if (w.Format == WeightFormat.Int8)
            return ((sbyte*)panel)[(((column / 2 * 64) + r) * 2) + (column % 2)];
        int both = panel[(((column / 4 * 64) + r) * 2) + (column % 2)];
        return column % 4 < 2 ? both & 15 : both >> 4;
    }

    /// <summary>The scale of a weight's group, and its offset.</summary>
    public static (float Scale, float Offset) Scale(PackedWeights w, int row, int column)
    {
        int index = (column / 32 * 64) + (row % 64);
        float scale = (float)BitConverter.UInt16BitsToHalf(w.PanelScales(row / 64)[index]);
        return (scale, w.Format == WeightFormat.Int4 ? (float)BitConverter.UInt16BitsToHalf(w.PanelOffsets(row / 64)[index]) : 0);
    }

    private static float Weight(PackedWeights w, int row, int column)
    {
        int r = row % 64;
        byte* panel = w.Panel(row / 64);
        if (w.Format == WeightFormat.Float32)
            return ((float*)panel)[(column * 64) + r];
        if (w.Format == WeightFormat.BFloat16)
            return WeightConversion.FromBFloat16(((ushort*)panel)[(((column / 2 * 64) + r) * 2) + (column % 2)]);
        (float scale, float offset) = Scale(w, row, column);
        return (Integer(w, row, column) * scale) - offset;
    }

    public void Dispose()
    {
        Weights.Dispose();
        _file.Dispose();
        _folder.Dispose();
    }
}

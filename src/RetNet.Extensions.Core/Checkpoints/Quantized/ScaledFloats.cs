using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Quantized;

/// <summary>A matrix of 8-bit floats with a scale for each tile: element (r, c) is f · s[r / h, c / w], in float32, rounded as the
/// reference rounds it.</summary>
internal sealed unsafe class ScaledFloats : ITensorStore
{
    private static readonly float[] E4M3 = [.. Enumerable.Range(0, 256).Select(bits => Decode((byte)bits, mantissa: 3, bias: 7))];
    private static readonly float[] E5M2 = [.. Enumerable.Range(0, 256).Select(bits => Decode((byte)bits, mantissa: 2, bias: 15))];

    private readonly TensorView _matrix;
    private readonly TensorType _type;
    private readonly (int Height, int Width) _tile;
    private readonly Lazy<float[]> _scales;

    private ScaledFloats(TensorView matrix, TensorView scales, (int Height, int Width) tile, TensorType type)
    {
        (_matrix, _type, _tile) = (matrix, type, tile);
        _scales = new(() => scales.ToFloats());
    }

    public string Path => _matrix.File;

    byte* ITensorStore.Memory => null;

    private int Columns => (int)_matrix.Shape[1];

    /// <summary>The matrices of quant_method fp8: weight beside weight_scale_inv, in tiles of weight_block_size or one for all.</summary>
    public static void Read(TensorSet tensors, ConfigurationReader options)
    {
        const string block = "weight_block_size";
        (int, int)? tile = options.Contains(block) && options.Numbers(block, 1, ConfigurationReader.MaximumWidth) is [double h, double w]
            ? ((int)h, (int)w)
            : null;
        foreach (string module in tensors.Before(".weight_scale_inv"))
            Add(tensors, module + ".weight", module + ".weight_scale_inv", tile, tensors.Type);
        foreach (string module in tensors.Before(".weight_scale"))
            Add(tensors, module + ".weight", module + ".weight_scale", tile, tensors.Type);
        tensors.Drop(".activation_scale", ".input_scale");
    }

    /// <summary>Adds a matrix.</summary>
    /// <param name="tensors">The set.</param>
    /// <param name="weight">Its name.</param>
    /// <param name="scale">The name of its scales: one, one for each row, or one for each tile.</param>
    /// <param name="tile">Rows and columns of a tile; null where the scales say them.</param>
    /// <param name="rounded">The type that the products are rounded to; null for that of the scales.</param>
    /// <exception cref="CheckpointException">A type or a shape contradicts the other.</exception>
    public static void Add(TensorSet tensors, string weight, string scale, (int Height, int Width)? tile, TensorType? rounded = null)
    {
        TensorView matrix = tensors.Require(weight, scale), scales = tensors.Require(scale, weight);
        if (matrix.Shape is not [long rows and > 0, long columns and > 0 and <= int.MaxValue])
        {
            throw CheckpointException.ForTensor(matrix.File, weight, $"shape {matrix.DescribeShape()}", "a matrix");
        }

        if (matrix.Type is not (TensorType.Float8E4M3 or TensorType.Float8E5M2))
            throw matrix.RefusedType("F8_E4M3 or F8_E5M2");
        (int height, int width) = scales.ElementCount == 1 ? ((int)rows, (int)columns)
            : scales.ElementCount == rows && scales.Shape[0] == rows ? (1, (int)columns)
            : tile ?? throw CheckpointException.ForTensor(scales.File, scale, $"shape {scales.DescribeShape()}",
                $"one number, or one for each of {rows} rows");
        long tileRows = (rows + height - 1) / height, tileColumns = (columns + width - 1) / width;
        if (scales.ElementCount != tileRows * tileColumns)
        {
            throw CheckpointException.ForTensor(scales.File, scale, $"shape {scales.DescribeShape()}",
                $"[{tileRows} × {tileColumns}], a scale for each {height} × {width} values");
        }

        if (!StoredNumber.Scales.Contains(scales.Type))
            throw scales.RefusedType("F32, BF16 or F16");
        TensorType type = rounded ?? scales.Type;
        long rowBytes = columns * TensorTypeNames.Bits(type) / 8;
        tensors.Add(new TensorView(
            new ScaledFloats(matrix, scales, (height, width), type), weight, type, [rows, columns], offset: 0, rows * rowBytes));
    }

    void ITensorStore.Read(long offset, Span<byte> target)
    {
        int rowBytes = Columns * TensorTypeNames.Bits(_type) / 8;
        float[] numbers = _matrix.Type == TensorType.Float8E4M3 ? E4M3 : E5M2;
        int tilesOfRow = (Columns + _tile.Width - 1) / _tile.Width;
        byte[] stored = new byte[Columns];
        for (long row = offset / rowBytes; !target.IsEmpty; target = target[rowBytes..], row++)
        {
            _matrix.ReadBytes(row * Columns, stored);
            ReadOnlySpan<float> scales = _scales.Value.AsSpan((int)(row / _tile.Height * tilesOfRow), tilesOfRow);
            for (int c = 0; c < stored.Length; c++)
                StoredNumber.Write(_type, numbers[stored[c]] * scales[c / _tile.Width], target, c);
        }
    }

    // OCP's 8-bit floats: E4M3 has no infinities, and NaN with all bits set; E5M2 is the upper half of a half.
    private static float Decode(byte bits, int mantissa, int bias)
    {
        int exponent = (bits & 0x7F) >> mantissa, fraction = bits & ((1 << mantissa) - 1);
        float magnitude = mantissa == 2 && exponent == 31 ? (fraction == 0 ? float.PositiveInfinity : float.NaN)
            : mantissa == 3 && (bits & 0x7F) == 0x7F ? float.NaN
            : exponent == 0 ? MathF.ScaleB(fraction, 1 - bias - mantissa)
            : MathF.ScaleB((1 << mantissa) + fraction, exponent - bias - mantissa);
        return (bits & 0x80) == 0 ? magnitude : -magnitude;
    }
}

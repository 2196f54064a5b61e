using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Kernels;

/// <summary>The weights of a linear layer or an embedding, <c>[rows × columns]</c>, in one of the weight formats.</summary>
/// <remarks>In the checkpoint's own format the weights stay where the file is mapped; otherwise they are converted once, into memory of their own.</remarks>
internal sealed unsafe class WeightMatrix : IDisposable
{
    /// <summary>Columns that share a scale in <see cref="WeightFormat.Int8"/>.</summary>
    public const int GroupSize = 64;

    private readonly IDisposable? _memory;
    private readonly NativeBuffer<float>? _scales;

    private WeightMatrix(int rows, int columns, WeightFormat format, void* data, IDisposable? memory, NativeBuffer<float>? scales, long byteSize)
    {
        Rows = rows;
        Columns = columns;
        Format = format;
        Data = data;
        _memory = memory;
        _scales = scales;
        ByteSize = byteSize;
    }

    public int Rows { get; }

    public int Columns { get; }

    public WeightFormat Format { get; }

    public long ByteSize { get; }

    /// <summary>The first row, as float, bfloat16 or sbyte.</summary>
    public void* Data { get; }

    /// <summary><see cref="WeightFormat.Int8"/>: the scales, <c>[rows × groups]</c>.</summary>
    public float* Scales => _scales is null ? null : _scales.Pointer;

    public int GroupsPerRow => (Columns + GroupSize - 1) / GroupSize;

    /// <summary>Takes a tensor in a format.</summary>
    /// <param name="tensor"><c>[rows × columns]</c>; its file must stay mapped as long as the matrix lives.</param>
    /// <param name="format">The format; <see cref="WeightFormat.Auto"/> for the tensor's own.</param>
    public static WeightMatrix Create(TensorView tensor, WeightFormat format)
    {
        int rows = checked((int)tensor.Shape[0]);
        int columns = checked((int)tensor.Shape[1]);
        if (format == WeightFormat.Auto)
            format = BlockFormat.IsBlockFormat(tensor.Type) ? WeightFormat.Int8 : tensor.Type == TensorType.BFloat16 ? WeightFormat.BFloat16 : WeightFormat.Float32;
        bool asMapped = (format, tensor.Type) is (WeightFormat.Float32, TensorType.Float32) or (WeightFormat.BFloat16, TensorType.BFloat16);
        return asMapped
            ? new WeightMatrix(rows, columns, format, tensor.Data, null, null, tensor.ByteLength)
            : Convert(tensor, format, rows, columns);
    }

    /// <summary>Widens one row to float32.</summary>
    public void CopyRow(int row, Span<float> target)
    {
        long offset = (long)row * Columns;
        switch (Format)
        {
            case WeightFormat.Float32:
                new ReadOnlySpan<float>((float*)Data + offset, Columns).CopyTo(target);
                break;
            case WeightFormat.BFloat16:
                WeightConversion.FromBFloat16(new ReadOnlySpan<ushort>((ushort*)Data + offset, Columns), target);
                break;
            default:
                WeightConversion.FromInt8(
                    new ReadOnlySpan<sbyte>((sbyte*)Data + offset, Columns), new ReadOnlySpan<float>(Scales + ((long)row * GroupsPerRow), GroupsPerRow), target);
                break;
        }
    }

    public void Dispose()
    {
        _memory?.Dispose();
        _scales?.Dispose();
    }

    private static WeightMatrix Convert(TensorView tensor, WeightFormat format, int rows, int columns)
    {
        long elements = (long)rows * columns;
        switch (format)
        {
            case WeightFormat.Float32:
                NativeBuffer<float> floats = new(elements);
                for (int i = 0; i < rows; i++)
                    tensor.Rows(i, 1).CopyTo(new Span<float>(floats.Pointer + ((long)i * columns), columns));
                return new WeightMatrix(rows, columns, format, floats.Pointer, floats, null, floats.ByteSize);
            case WeightFormat.BFloat16:
                NativeBuffer<ushort> halves = new(elements);
                ForEachRow(tensor, rows, columns, (i, row) =>
                    WeightConversion.ToBFloat16(row, new Span<ushort>(halves.Pointer + ((long)i * columns), columns)));
                return new WeightMatrix(rows, columns, format, halves.Pointer, halves, null, halves.ByteSize);
            case WeightFormat.Int8:
                int groups = (columns + GroupSize - 1) / GroupSize;
                NativeBuffer<sbyte> bytes = new(elements);
                NativeBuffer<float> scales = new((long)rows * groups);
                ForEachRow(tensor, rows, columns, (i, row) => WeightConversion.ToInt8(
                    row, new Span<sbyte>(bytes.Pointer + ((long)i * columns), columns), new Span<float>(scales.Pointer + ((long)i * groups), groups)));
                return new WeightMatrix(rows, columns, format, bytes.Pointer, bytes, scales, bytes.ByteSize + scales.ByteSize);
            default:
                throw new ArgumentOutOfRangeException(nameof(format), format, "Unknown weight format.");
        }
    }

    private static void ForEachRow(TensorView tensor, int rows, int columns, Action<int, float[]> convert)
    {
        float[] row = new float[columns];
        for (int i = 0; i < rows; i++)
        {
            tensor.Rows(i, 1).CopyTo(row);
            convert(i, row);
        }
    }
}

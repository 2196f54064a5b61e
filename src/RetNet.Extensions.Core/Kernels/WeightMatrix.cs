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

    /// <summary>Takes a tensor, or some of its rows, in a format.</summary>
    /// <param name="tensor"><c>[tensor rows × columns]</c>; its file stays mapped as long as the matrix lives.</param>
    /// <param name="format">The format; <see cref="WeightFormat.Auto"/> for the tensor's own.</param>
    /// <param name="firstRow">The first row taken.</param>
    /// <param name="rows">How many rows are taken; null for all.</param>
    public static WeightMatrix Create(TensorView tensor, WeightFormat format, int firstRow = 0, int? rows = null)
    {
        int count = rows ?? checked((int)tensor.Shape[0]);
        int columns = checked((int)tensor.Shape[1]);
        long offset = (long)firstRow * columns;
        if (format == WeightFormat.Auto)
            format = tensor.Type == TensorType.BFloat16 ? WeightFormat.BFloat16 : WeightFormat.Float32;
        if (format == WeightFormat.Float32 && tensor.Type == TensorType.Float32)
            return new WeightMatrix(count, columns, format, (float*)tensor.Data + offset, null, null, (long)count * columns * sizeof(float));
        if (format == WeightFormat.BFloat16 && tensor.Type == TensorType.BFloat16)
            return new WeightMatrix(count, columns, format, (ushort*)tensor.Data + offset, null, null, (long)count * columns * sizeof(ushort));
        return Convert(tensor, format, offset, count, columns);
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

    private static WeightMatrix Convert(TensorView tensor, WeightFormat format, long offset, int rows, int columns)
    {
        float[] row = new float[columns];
        int groups = (columns + GroupSize - 1) / GroupSize;
        long elements = (long)rows * columns;
        switch (format)
        {
            case WeightFormat.Float32:
                NativeBuffer<float> floats = new(elements);
                for (long i = 0; i < rows; i++)
                    tensor.CopyTo(offset + (i * columns), new Span<float>(floats.Pointer + (i * columns), columns));
                return new WeightMatrix(rows, columns, format, floats.Pointer, floats, null, floats.ByteSize);
            case WeightFormat.BFloat16:
                NativeBuffer<ushort> halves = new(elements);
                for (long i = 0; i < rows; i++)
                {
                    tensor.CopyTo(offset + (i * columns), row);
                    WeightConversion.ToBFloat16(row, new Span<ushort>(halves.Pointer + (i * columns), columns));
                }

                return new WeightMatrix(rows, columns, format, halves.Pointer, halves, null, halves.ByteSize);
            case WeightFormat.Int8:
                NativeBuffer<sbyte> bytes = new(elements);
                NativeBuffer<float> scales = new((long)rows * groups);
                for (long i = 0; i < rows; i++)
                {
                    tensor.CopyTo(offset + (i * columns), row);
                    WeightConversion.ToInt8(row, new Span<sbyte>(bytes.Pointer + (i * columns), columns), new Span<float>(scales.Pointer + (i * groups), groups));
                }

                return new WeightMatrix(rows, columns, format, bytes.Pointer, bytes, scales, bytes.ByteSize + scales.ByteSize);
            default:
                throw new ArgumentOutOfRangeException(nameof(format), format, "Unknown weight format.");
        }
    }
}

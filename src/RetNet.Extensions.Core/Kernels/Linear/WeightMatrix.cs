using System.Buffers;
using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Kernels.Linear;

/// <summary>The weights of a linear layer, <c>[rows × columns]</c>, packed once at load in one of the weight formats.</summary>
internal sealed unsafe class WeightMatrix : IDisposable
{
    private readonly NativeBuffer<byte> _data;
    private readonly NativeBuffer<ushort> _scales;
    private readonly NativeBuffer<ushort> _offsets;

    private WeightMatrix(int rows, int columns, WeightFormat format)
    {
        int panels = (int)(((long)rows + WeightPanel.Rows - 1) / WeightPanel.Rows);
        long groups = (long)panels * WeightPanel.Groups(columns) * WeightPanel.Rows;
        _data = new NativeBuffer<byte>(checked(panels * WeightPanel.ByteSize(format, columns)), present: false);
        _scales = new NativeBuffer<ushort>(format is WeightFormat.Int8 or WeightFormat.Int4 ? groups : 0, present: false);
        _offsets = new NativeBuffer<ushort>(format == WeightFormat.Int4 ? groups : 0, present: false);
        Packed = new PackedWeights
        {
            Format = format,
            Rows = rows,
            Columns = columns,
            Data = _data.Pointer,
            Scales = _scales.Pointer,
            Offsets = _offsets.Pointer,
        };
    }

    /// <summary>The panels, valid until the matrix is disposed.</summary>
    public PackedWeights Packed { get; }

    /// <summary>Where the model's adapters find what they add to this matrix; 0 where none changes it.</summary>
    public int Slot { get; set; }

    public int Rows => Packed.Rows;

    public int Columns => Packed.Columns;

    public WeightFormat Format => Packed.Format;

    public long ByteSize => _data.ByteSize + _scales.ByteSize + _offsets.ByteSize;

    /// <summary>Packs a matrix.</summary>
    /// <param name="source"><c>[rows × columns]</c>; it is not needed afterwards.</param>
    /// <param name="format">The format; <see cref="WeightFormat.Auto"/> for the one nearest to the source's type.</param>
    /// <param name="threads">The number of threads that pack.</param>
    /// <exception cref="ArgumentException">The format is kept on GPUs only.</exception>
    public static WeightMatrix Create(StoredMatrix source, WeightFormat format, int threads = 1)
    {
        if (format == WeightFormat.Float16)
        {
            throw new ArgumentException($"The weight format is {format}, which only GPUs have; expected Auto, Float32, BFloat16, Int8 or "
                + "Int4 on the CPU.");
        }

        if (format == WeightFormat.Auto)
            format = FormatOf(source.Type);
        WeightMatrix matrix = new(source.Rows, source.Columns, format);
        try
        {
            ParallelLoop.For(matrix.Packed.Panels, threads, panel => matrix.PackPanel(source, panel));
            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }

    /// <summary>Whether the matrix has the very numbers of a source that it was packed from.</summary>
    /// <param name="source">Type of the source.</param>
    public bool Keeps(TensorType source) => Format switch
    {
        WeightFormat.Float32 => source is TensorType.Float32 or TensorType.BFloat16 or TensorType.Float16,
        WeightFormat.BFloat16 => source == TensorType.BFloat16,
        _ => false,
    };

    /// <summary>Copies a row of float32 or bfloat16 weights.</summary>
    /// <param name="row">The row.</param>
    /// <param name="target"><c>[columns]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void CopyRowTo(int row, Span<float> target)
    {
        const int stride = WeightPanel.Rows;
        byte* panel = Packed.Panel(row / stride);
        int r = row % stride;
        if (Format == WeightFormat.Float32)
        {
            float* floats = (float*)panel + r;
            for (int c = 0; c < target.Length; c++)
                target[c] = floats[c * stride];
            return;
        }

        ushort* halves = (ushort*)panel + (2 * r);
        for (int c = 0; c < target.Length; c++)
            target[c] = WeightConversion.FromBFloat16(halves[(c / 2 * stride * 2) + (c % 2)]);
    }

    public void Dispose()
    {
        _data.Dispose();
        _scales.Dispose();
        _offsets.Dispose();
    }

    private static WeightFormat FormatOf(TensorType type) => type switch
    {
        TensorType.BFloat16 => WeightFormat.BFloat16,
        TensorType.Float32 or TensorType.Float16 => WeightFormat.Float32,
        _ when BlockIntegers.Keep(type, WeightFormat.Int4) => WeightFormat.Int4,
        _ => WeightFormat.Int8,
    };

    private void PackPanel(StoredMatrix source, int panel)
    {
        int first = panel * WeightPanel.Rows;
        int rows = Math.Min(WeightPanel.Rows, Rows - first);
        int bytes = checked((int)(rows * source.RowBytes));
        byte[] rented = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            source.ReadRows(first, rented.AsSpan(0, bytes));
            MakePresent(panel);
            fixed (byte* stored = rented)
                WeightPacking.Pack(Packed, panel, source.Type, stored, source.RowBytes, rows);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void MakePresent(int panel)
    {
        _data.MakePresent(panel * Packed.PanelBytes, Packed.PanelBytes);
        int scales = WeightPanel.Groups(Columns) * WeightPanel.Rows;
        if (Packed.IsInteger)
            _scales.MakePresent((long)panel * scales, scales);
        if (Format == WeightFormat.Int4)
            _offsets.MakePresent((long)panel * scales, scales);
    }
}

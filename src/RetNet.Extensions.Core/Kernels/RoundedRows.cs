using System.Numerics.Tensors;

namespace RetNet.Extensions.Core.Kernels;

/// <summary>Rows of floats rounded to 16 bits, with a scale per group of 32: x ≈ scale · q with q from −32767 to 32767.</summary>
/// <remarks>The rows are filled up with zero columns to whole groups.</remarks>
internal readonly unsafe struct RoundedRows
{
    private const float Largest = 32767;

    public RoundedRows(int columns, float* memory, int rows)
    {
        Groups = WeightPanel.Groups(columns);
        Scales = memory;
        Sums = Scales + ((long)rows * Groups);
        Values = (short*)(Sums + ((long)rows * Groups));
    }

    /// <summary>Groups of a row.</summary>
    public int Groups { get; }

    /// <summary><c>[rows × groups]</c>.</summary>
    public float* Scales { get; }

    /// <summary>The sum of each group's integers, <c>[rows × groups]</c>.</summary>
    public float* Sums { get; }

    /// <summary><c>[rows × groups × 32]</c>.</summary>
    public short* Values { get; }

    /// <summary>Floats of memory that rows take.</summary>
    public static long Length(int columns, int rows) => (long)rows * WeightPanel.Groups(columns) * (2 + (WeightPanel.GroupSize / 2));

    /// <summary>Rounds a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="x"><c>[columns]</c>.</param>
    public void Set(long row, ReadOnlySpan<float> x)
    {
        Span<float> padded = stackalloc float[WeightPanel.GroupSize];
        Span<int> integers = stackalloc int[WeightPanel.GroupSize];
        for (int group = 0; group < Groups; group++)
        {
            scoped ReadOnlySpan<float> values = x[(group * WeightPanel.GroupSize)..];
            if (values.Length < WeightPanel.GroupSize)
            {
                padded.Clear();
                values.CopyTo(padded);
                values = padded;
            }

            values = values[..WeightPanel.GroupSize];
            long index = (row * Groups) + group;
            float scale = MathF.Abs(TensorPrimitives.MaxMagnitude(values)) / Largest;
            TensorPrimitives.Multiply(values, scale > 0 ? 1 / scale : 0, padded);
            TensorPrimitives.Round(padded, padded);
            TensorPrimitives.ConvertToInteger<float, int>(padded, integers);
            TensorPrimitives.ConvertSaturating<int, short>(integers, new Span<short>(Values + (index * WeightPanel.GroupSize), WeightPanel.GroupSize));
            Scales[index] = scale;
            Sums[index] = TensorPrimitives.Sum<int>(integers);
        }
    }

    /// <summary>Makes a row zero.</summary>
    public void Clear(long row)
    {
        new Span<float>(Scales + (row * Groups), Groups).Clear();
        new Span<float>(Sums + (row * Groups), Groups).Clear();
        new Span<short>(Values + (row * Groups * WeightPanel.GroupSize), Groups * WeightPanel.GroupSize).Clear();
    }
}

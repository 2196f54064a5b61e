using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RetNet.Extensions.Core.Kernels.Linear;

/// <summary>Rows of floats rounded to 16 bits, with a scale per group of 32: x ≈ scale · q with q from −32767 to 32767.</summary>
/// <remarks>The rows are padded with zero columns to whole groups.</remarks>
internal readonly unsafe struct RoundedRows
{
    private const float Largest = 32767;
    private const float SmallestNormal = 1.1754944e-38f;

    public RoundedRows(int columns, float* memory, int rows)
    {
        Groups = WeightPanel.Groups(columns);
        Scales = memory;
        OffsetFactors = Scales + ((long)rows * Groups);
        Values = (short*)(OffsetFactors + ((long)rows * Groups));
    }

    private RoundedRows(RoundedRows rows, long first)
    {
        Groups = rows.Groups;
        Scales = rows.Scales + (first * Groups);
        OffsetFactors = rows.OffsetFactors + (first * Groups);
        Values = rows.Values + (first * Groups * WeightPanel.GroupSize);
    }

    /// <summary>Groups of a row.</summary>
    public int Groups { get; }

    /// <summary><c>[rows × groups]</c>.</summary>
    public float* Scales { get; }

    /// <summary>The factor of a group's offset, −scale · Σ q: <c>[rows × groups]</c>.</summary>
    public float* OffsetFactors { get; }

    /// <summary><c>[rows × groups × 32]</c>.</summary>
    public short* Values { get; }

    /// <summary>Floats of memory that rows take.</summary>
    public static long Length(int columns, int rows) => (long)rows * WeightPanel.Groups(columns) * (2 + (WeightPanel.GroupSize / 2));

    /// <summary>Rounds a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="x"><c>[columns]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Set(long row, ReadOnlySpan<float> x)
    {
        float* padded = stackalloc float[WeightPanel.GroupSize];
        fixed (float* values = x)
        {
            for (int group = 0; group < Groups; group++)
            {
                int first = group * WeightPanel.GroupSize;
                if (x.Length - first >= WeightPanel.GroupSize)
                {
                    SetGroup((row * Groups) + group, values + first);
                    continue;
                }

                Span<float> last = new(padded, WeightPanel.GroupSize);
                last.Clear();
                x[first..].CopyTo(last);
                SetGroup((row * Groups) + group, padded);
            }
        }
    }

    /// <summary>Makes a row zero.</summary>
    public void Clear(long row)
    {
        new Span<float>(Scales + (row * Groups), Groups).Clear();
        new Span<float>(OffsetFactors + (row * Groups), Groups).Clear();
        new Span<short>(Values + (row * Groups * WeightPanel.GroupSize), Groups * WeightPanel.GroupSize).Clear();
    }

    /// <summary>The rows from the given one on.</summary>
    public RoundedRows From(long row) => new(this, row);

    /// <summary>Six rows from one row and group on.</summary>
    public IntegerTileInputs Tile(long row, int group, int groups) => new()
    {
        Values = Values + (((row * Groups) + group) * WeightPanel.GroupSize),
        Stride = (long)Groups * WeightPanel.GroupSize,
        Scales = Scales + (row * Groups) + group,
        OffsetFactors = OffsetFactors + (row * Groups) + group,
        GroupStride = Groups,
        Groups = groups,
    };

    /// <summary>Rounds a group of 32 values. A scale that is not a number stays one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetGroup(long index, float* x)
    {
        Vector256<float> x0 = Vector256.Load(x), x1 = Vector256.Load(x + 8), x2 = Vector256.Load(x + 16), x3 = Vector256.Load(x + 24);
        Vector256<float> largest = Vector256.Max(
            Vector256.Max(Vector256.Abs(x0), Vector256.Abs(x1)), Vector256.Max(Vector256.Abs(x2), Vector256.Abs(x3)));
        Vector128<float> four = Vector128.Max(largest.GetLower(), largest.GetUpper());
        four = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        four = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(1, 0, 3, 2)));
        float scale = four.ToScalar() / Largest;

        // A scale that is too small to divide by counts as zero.
        Vector256<float> inverse = Vector256.Create(scale >= SmallestNormal ? 1 / scale : 0);
        Vector256<int> q0 = Round(x0, inverse), q1 = Round(x1, inverse), q2 = Round(x2, inverse), q3 = Round(x3, inverse);
        short* target = Values + (index * WeightPanel.GroupSize);
        Vector256.Narrow(q0, q1).Store(target);
        Vector256.Narrow(q2, q3).Store(target + 16);
        Scales[index] = scale;
        OffsetFactors[index] = -scale * Vector256.Sum(q0 + q1 + q2 + q3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Round(Vector256<float> x, Vector256<float> inverse) =>
        Vector256.ConvertToInt32(Vector256.Round(x * inverse));
}

/// <summary>Up to six rows of rounded inputs from one group on, as a tile reads them.</summary>
internal readonly unsafe struct IntegerTileInputs
{
    /// <summary>The first row's integers.</summary>
    public required short* Values { get; init; }

    /// <summary>Distance of the rows' integers.</summary>
    public required long Stride { get; init; }

    /// <summary>The first row's scales.</summary>
    public required float* Scales { get; init; }

    /// <summary>The first row's factors of offsets.</summary>
    public required float* OffsetFactors { get; init; }

    /// <summary>Distance of the rows' scales and factors.</summary>
    public required long GroupStride { get; init; }

    /// <summary>The number of groups.</summary>
    public required int Groups { get; init; }

    /// <summary>The rows from the given one on.</summary>
    public IntegerTileInputs From(int row) => new()
    {
        Values = Values + (row * Stride),
        Stride = Stride,
        Scales = Scales + (row * GroupStride),
        OffsetFactors = OffsetFactors + (row * GroupStride),
        GroupStride = GroupStride,
        Groups = Groups,
    };
}

using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Quantized;

/// <summary>
/// A matrix of integers with scales and zero points of groups of columns. Its rows come as blocks of ggml where those have the very numbers
/// (Q4_1 where a scale times its zero point is a half, Q8_0 otherwise), or else as s · (q − z), rounded as the scales are.
/// </summary>
internal sealed unsafe class IntegerMatrix : ITensorStore
{
    private const int Block = 32;

    private readonly int _columns;
    private readonly int _groupSize;
    private readonly int[]? _groupOfColumn;
    private readonly TensorType _type;
    private readonly DecodedCache _cache;
    private readonly Func<DecodedMatrix> _decode;

    private IntegerMatrix(
        string path, int columns, int groupSize, int[]? groupOfColumn, TensorType type, DecodedCache cache, Func<DecodedMatrix> decode)
    {
        (Path, _columns, _groupSize, _groupOfColumn, _type) = (path, columns, groupSize, groupOfColumn, type);
        (_cache, _decode) = (cache, decode);
    }

    public string Path { get; }

    byte* ITensorStore.Memory => null;

    private int Groups => (_columns + _groupSize - 1) / _groupSize;

    /// <summary>A matrix.</summary>
    /// <param name="file">The file that it is from.</param>
    /// <param name="name">Its name.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="groupSize">Columns of a group.</param>
    /// <param name="groupOfColumn">The group of each column where groups are not consecutive; otherwise null.</param>
    /// <param name="bits">Bits of a number.</param>
    /// <param name="scales">s and z, read once to choose a type.</param>
    /// <param name="scaleType">The type of the scales.</param>
    /// <param name="cache">Keeps what is read last.</param>
    /// <param name="decode">Reads all numbers.</param>
    public static TensorView Create(
        string file, string name, int rows, int columns, int groupSize, int[]? groupOfColumn, int bits,
        (float[] Scales, short[] Zeros) scales, TensorType scaleType, DecodedCache cache, Func<DecodedMatrix> decode)
    {
        TensorType type = groupOfColumn is null && groupSize % Block == 0 && columns % Block == 0
            ? BlockType(bits, scales.Scales, scales.Zeros) ?? scaleType
            : scaleType;
        IntegerMatrix matrix = new(file, columns, groupSize, groupOfColumn, type, cache, decode);
        return new TensorView(matrix, name, type, [rows, columns], offset: 0, rows * StoredMatrix.Bytes(type, columns));
    }

    /// <summary>A matrix of signed bytes.</summary>
    /// <param name="weights">The bytes, a matrix, whose name it has.</param>
    /// <param name="groupSize">Columns of a group.</param>
    /// <param name="scales">Reads s and z.</param>
    /// <param name="scaleType">The type of the scales.</param>
    /// <param name="cache">Keeps what is read last.</param>
    public static TensorView CreateSigned(
        TensorView weights, int groupSize, Func<(float[] Scales, short[] Zeros)> scales, TensorType scaleType, DecodedCache cache)
    {
        const int offset = 128;
        return Create(
            weights.File, weights.Name, (int)weights.Shape[0], (int)weights.Shape[1], groupSize, null, 8, Unsigned(), scaleType, cache,
            Decode);

        DecodedMatrix Decode()
        {
            byte[] values = StoredNumber.Raw<byte>(weights);
            for (int i = 0; i < values.Length; i++)
                values[i] ^= offset;
            (float[] s, short[] z) = Unsigned();
            return new DecodedMatrix(values, s, z);
        }

        (float[] Scales, short[] Zeros) Unsigned()
        {
            (float[] s, short[] z) = scales();
            for (int i = 0; i < z.Length; i++)
                z[i] += offset;
            return (s, z);
        }
    }

    void ITensorStore.Read(long offset, Span<byte> target)
    {
        DecodedMatrix decoded = _cache.Get(this, _decode);
        int rowBytes = (int)StoredMatrix.Bytes(_type, _columns);
        int row = (int)(offset / rowBytes);
        for (; !target.IsEmpty; target = target[rowBytes..], row++)
        {
            ReadOnlySpan<byte> values = decoded.Values.AsSpan(row * _columns, _columns);
            ReadOnlySpan<float> scales = decoded.Scales.AsSpan(row * Groups, Groups);
            ReadOnlySpan<short> zeros = decoded.Zeros.AsSpan(row * Groups, Groups);
            Span<byte> stored = target[..rowBytes];
            if (_type is TensorType.Q4_1 or TensorType.Q8_0)
                WriteBlocks(values, scales, zeros, stored);
            else
                WriteFloats(values, scales, zeros, stored);
        }
    }

    // Null where no block has the very numbers.
    private static TensorType? BlockType(int bits, float[] scales, short[] zeros)
    {
        bool isHalf = true, hasOffsets = bits == 4, hasDifferences = true;
        for (int i = 0; i < scales.Length; i++)
        {
            isHalf &= (float)(Half)scales[i] == scales[i];
            float offset = scales[i] * zeros[i];
            hasOffsets &= (float)(Half)offset == offset;
            hasDifferences &= zeros[i] <= 128 && (1 << bits) - 1 - zeros[i] <= 127;
        }

        return !isHalf ? null : hasOffsets ? TensorType.Q4_1 : hasDifferences ? TensorType.Q8_0 : null;
    }

    private void WriteBlocks(ReadOnlySpan<byte> values, ReadOnlySpan<float> scales, ReadOnlySpan<short> zeros, Span<byte> target)
    {
        const int half = sizeof(ushort);
        for (int first = 0; first < _columns; first += Block)
        {
            int group = first / _groupSize;
            MemoryMarshal.Write(target, (Half)scales[group]);
            ReadOnlySpan<byte> q = values.Slice(first, Block);
            if (_type == TensorType.Q8_0)
            {
                for (int i = 0; i < Block; i++)
                    target[half + i] = (byte)(q[i] - zeros[group]);
                target = target[(half + Block)..];
                continue;
            }

            MemoryMarshal.Write(target[half..], (Half)(-scales[group] * zeros[group]));
            for (int i = 0; i < Block / 2; i++)
                target[(2 * half) + i] = (byte)(q[i] | (q[i + (Block / 2)] << 4));
            target = target[((2 * half) + (Block / 2))..];
        }
    }

    private void WriteFloats(ReadOnlySpan<byte> values, ReadOnlySpan<float> scales, ReadOnlySpan<short> zeros, Span<byte> target)
    {
        for (int c = 0; c < _columns; c++)
        {
            int group = _groupOfColumn is null ? c / _groupSize : _groupOfColumn[c];
            StoredNumber.Write(_type, scales[group] * (values[c] - zeros[group]), target, c);
        }
    }
}

using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Linear;

namespace RetNet.Extensions.Core.Tests.Kernels;

/// <summary>Panels as <see cref="WeightPanel"/> describes them, written number by number.</summary>
internal sealed unsafe class ReferencePacking
{
    private const int GroupSize = 32;
    private const int PanelRows = 64;

    private readonly WeightFormat _format;
    private readonly int _columns;

    /// <summary>Packs a matrix.</summary>
    /// <param name="source">The matrix.</param>
    /// <param name="format">The format.</param>
    public ReferencePacking(StoredMatrix source, WeightFormat format)
    {
        (_format, _columns) = (format, source.Columns);
        int panels = (source.Rows + PanelRows - 1) / PanelRows;
        Data = new byte[panels * WeightPanel.ByteSize(format, _columns)];
        Scales = new ushort[panels * WeightPanel.Groups(_columns) * PanelRows];
        Offsets = new ushort[Scales.Length];
        byte[] stored = new byte[source.RowBytes];
        float[] values = new float[_columns];
        for (int row = 0; row < source.Rows; row++)
        {
            source.ReadRows(row, stored);
            StoredMatrix.Widen(source.Type, stored, values);
            for (int group = 0; group < WeightPanel.Groups(_columns); group++)
                PackGroup(source.Type, stored, values, row, group);
        }
    }

    public byte[] Data { get; }

    public ushort[] Scales { get; }

    public ushort[] Offsets { get; }

    private void PackGroup(TensorType type, byte[] stored, float[] values, int row, int group)
    {
        ReadOnlySpan<float> part = values.AsSpan(group * GroupSize, Math.Min(GroupSize, _columns - (group * GroupSize)));
        int scale = (((row / PanelRows * WeightPanel.Groups(_columns)) + group) * PanelRows) + (row % PanelRows);
        Span<sbyte> signed = stackalloc sbyte[GroupSize];
        Span<byte> unsigned = stackalloc byte[GroupSize];
        Half step = default, offset = default;
        switch (_format)
        {
            case WeightFormat.Int8 when type == TensorType.Q8_0:
                ReadOnlySpan<byte> small = stored.AsSpan(group * 34, 34);
                step = MemoryMarshal.Read<Half>(small);
                MemoryMarshal.Cast<byte, sbyte>(small[2..]).CopyTo(signed);
                break;
            case WeightFormat.Int8:
                step = ToInt8(part, signed);
                break;
            case WeightFormat.Int4 when type is TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q4_K:
                (step, offset) = ReadInt4(type, stored, group, unsigned);
                break;
            case WeightFormat.Int4:
                (step, offset) = ToInt4(part, unsigned);
                break;
        }

        if (_format is WeightFormat.Int8 or WeightFormat.Int4)
            Scales[scale] = BitConverter.HalfToUInt16Bits(step);
        if (_format == WeightFormat.Int4)
            Offsets[scale] = BitConverter.HalfToUInt16Bits(offset);
        long panel = row / PanelRows * WeightPanel.ByteSize(_format, _columns);
        int r = row % PanelRows;
        fixed (byte* target = &Data[panel])
        {
            for (int i = 0; i < part.Length; i++)
            {
                int column = (group * GroupSize) + i;
                int pair = (((column / 2 * PanelRows) + r) * 2) + (column % 2);
                switch (_format)
                {
                    case WeightFormat.Float32:
                        ((float*)target)[(column * PanelRows) + r] = part[i];
                        break;
                    case WeightFormat.BFloat16:
                        ((ushort*)target)[pair] = type == TensorType.BFloat16
                            ? (ushort)(BitConverter.SingleToUInt32Bits(part[i]) >> 16)
                            : WeightConversion.ToBFloat16(part[i]);
                        break;
                    case WeightFormat.Int8:
                        ((sbyte*)target)[pair] = signed[i];
                        break;
                    default:
                        target[(((column / 4 * PanelRows) + r) * 2) + (column % 2)] |= (byte)(unsigned[i] << (column % 4 < 2 ? 0 : 4));
                        break;
                }
            }
        }
    }

    private static (Half Scale, Half Offset) ReadInt4(TensorType type, byte[] stored, int group, Span<byte> q)
    {
        if (type == TensorType.Q4_K)
            return ReadQ4_K(stored.AsSpan(group / 8 * 144, 144), group % 8, q);
        int bytes = type == TensorType.Q4_0 ? 18 : 20;
        ReadOnlySpan<byte> block = stored.AsSpan(group * bytes, bytes);
        for (int i = 0; i < GroupSize; i++)
            q[i] = (byte)((block[bytes - 16 + (i % 16)] >> (i / 16 * 4)) & 15);
        float scale = (float)MemoryMarshal.Read<Half>(block);
        return ((Half)scale, (Half)(type == TensorType.Q4_0 ? 8 * scale : -(float)MemoryMarshal.Read<Half>(block[2..])));
    }

    private static (Half Scale, Half Offset) ReadQ4_K(ReadOnlySpan<byte> block, int group, Span<byte> q)
    {
        ReadOnlySpan<byte> bits = block.Slice(4, 12);
        int scale = group < 4 ? bits[group] & 63 : (bits[group + 4] & 15) | (bits[group - 4] >> 6 << 4);
        int minimum = group < 4 ? bits[group + 4] & 63 : (bits[group + 4] >> 4) | (bits[group] >> 6 << 4);
        for (int i = 0; i < GroupSize; i++)
            q[i] = (byte)((block[16 + (group / 2 * GroupSize) + i] >> (group % 2 * 4)) & 15);
        return ((Half)((float)MemoryMarshal.Read<Half>(block) * scale), (Half)((float)MemoryMarshal.Read<Half>(block[2..]) * minimum));
    }

    private static Half ToInt8(ReadOnlySpan<float> group, Span<sbyte> rounded)
    {
        Half scale = ToFiniteHalf(MathF.Abs(TensorPrimitives.MaxMagnitude(group)) / 127);
        float inverse = scale == Half.Zero ? 0 : 1 / (float)scale;
        for (int i = 0; i < group.Length; i++)
            rounded[i] = (sbyte)Math.Clamp(MathF.Round(group[i] * inverse), -127, 127);
        return scale;
    }

    private static (Half Scale, Half Offset) ToInt4(ReadOnlySpan<float> group, Span<byte> rounded)
    {
        float least = TensorPrimitives.Min(group);
        Half offset = ToFiniteHalf(-least);
        Half scale = ToFiniteHalf((TensorPrimitives.Max(group) - least) / 15);
        float inverse = scale == Half.Zero ? 0 : 1 / (float)scale;
        for (int i = 0; i < group.Length; i++)
            rounded[i] = (byte)Math.Clamp(MathF.Round((group[i] + (float)offset) * inverse), 0, 15);
        return (scale, offset);
    }

    private static Half ToFiniteHalf(float value) => (Half)Math.Clamp(value, (float)Half.MinValue, (float)Half.MaxValue);
}

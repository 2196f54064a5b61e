using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Formats.Blocks;

namespace RetNet.Extensions.Core.Formats;

/// <summary>Takes blocks apart whose elements are small integers once the scale of their group of 32 is divided out. The scale is
/// rounded to half precision, which changes it only where it is a product or, of MXFP4, beyond the range of a half.</summary>
internal static unsafe class ScaledBlocks
{
    private const int Group = 32;
    private const int LargestBlock = 256;

    /// <summary>Whether every element of a type is scale · q with q from −127 to 127.</summary>
    public static bool AreInt8(TensorType type) =>
        type is TensorType.IQ4_NL or TensorType.IQ4_XS or TensorType.MXFP4 or TensorType.IQ3_XXS;

    /// <summary>Whether every element of a type is scale · q − offset with q from 0 to 15.</summary>
    public static bool AreInt4(TensorType type) => type is TensorType.IQ3_S or TensorType.IQ1_S or TensorType.TQ1_0 or TensorType.TQ2_0
        or TensorType.Q1_0 or TensorType.Q2_0;

    /// <inheritdoc cref="BlockIntegers.ReadInt8"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReadInt8(TensorType type, byte* blocks, int groups, sbyte* q, Half* scales)
    {
        if (type == TensorType.IQ3_XXS)
        {
            ReadMultiples(type, blocks, groups, q, scales);
            return;
        }

        for (int group = 0; group < groups; group++, q += Group)
        {
            byte* block = Block(type, blocks, group);
            scales[group] = (Half)Scale(type, block, group).Scale;
            switch (type)
            {
                case TensorType.IQ4_NL:
                    TableBlocks.ReadNumbers(TableBlocks.Curve, block + BlockBytes.HalfSize, q);
                    break;
                case TensorType.IQ4_XS:
                    TableBlocks.ReadNumbers(TableBlocks.Curve, TableBlocks.PairsOfIQ4_XS(block, group), q);
                    break;
                default:
                    TableBlocks.ReadNumbers(TableBlocks.DoubledE2M1, block + 1, q);
                    break;
            }
        }
    }

    /// <summary>Takes blocks apart whose element i is scale · q[i] − offset.</summary>
    /// <param name="type">A type that <see cref="AreInt4"/> names.</param>
    /// <param name="blocks">Whole blocks.</param>
    /// <param name="groups">The number of their groups of 32, at most 8.</param>
    /// <param name="q">Receives 32 numbers from 0 to 15 for each.</param>
    /// <param name="scales">Receives a scale for each, not yet rounded.</param>
    /// <param name="offsets">Receives an offset for each, not yet rounded.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReadInt4(TensorType type, byte* blocks, int groups, byte* q, float* scales, float* offsets)
    {
        float* values = stackalloc float[LargestBlock];
        Widen(type, blocks, groups, values);
        for (int group = 0; group < groups; group++, q += Group, values += Group)
        {
            (float scale, float offset) = Scale(type, Block(type, blocks, group), group);
            (scales[group], offsets[group]) = (scale, offset);
            for (int i = 0; i < Group; i++)
                q[i] = (byte)MathF.Round(scale == 0 ? 0 : (values[i] + offset) / scale);
        }
    }

    /// <summary>Reads multiples of the scale, from −127 to 127.</summary>
    private static void ReadMultiples(TensorType type, byte* blocks, int groups, sbyte* q, Half* scales)
    {
        float* values = stackalloc float[LargestBlock];
        Widen(type, blocks, groups, values);
        for (int group = 0; group < groups; group++, q += Group, values += Group)
        {
            float scale = Scale(type, Block(type, blocks, group), group).Scale;
            scales[group] = (Half)scale;
            for (int i = 0; i < Group; i++)
                q[i] = (sbyte)MathF.Round(scale == 0 ? 0 : values[i] / scale);
        }
    }

    private static void Widen(TensorType type, byte* blocks, int groups, float* values)
    {
        int elements = groups * Group;
        int bytes = elements / BlockFormat.Elements(type) * BlockFormat.Bytes(type);
        BlockFormat.Dequantize(type, new ReadOnlySpan<byte>(blocks, bytes), new Span<float>(values, elements));
    }

    private static byte* Block(TensorType type, byte* blocks, int group) =>
        blocks + (group * Group / BlockFormat.Elements(type) * BlockFormat.Bytes(type));

    /// <summary>Scale and offset of a group; of a type of larger blocks, of the block's.</summary>
    private static (float Scale, float Offset) Scale(TensorType type, byte* block, int group)
    {
        switch (type)
        {
            case TensorType.IQ4_NL:
                return (BlockBytes.Half(block), 0);
            case TensorType.IQ4_XS:
                return (TableBlocks.ScaleOfIQ4_XS(block, group), 0);
            case TensorType.MXFP4:
                return (TableBlocks.HalfOfE8M0(block[0]), 0);
            case TensorType.IQ3_XXS:
                return (GridBlocks.ScaleOfIQ3_XXS(block, group), 0);
            case TensorType.IQ3_S:
                float half = GridBlocks.ScaleOfIQ3_S(block, group);
                return (2 * half, 15 * half);
            case TensorType.IQ1_S:
                (float scale, float shift) = GridBlocks.ScaleOfIQ1_S(block, group);
                return (scale, scale * (1 - shift));
            case TensorType.TQ1_0:
                return Ternary(BlockBytes.Half(block + TernaryBlocks.ScaleOfTQ1_0));
            case TensorType.TQ2_0:
                return Ternary(BlockBytes.Half(block + TernaryBlocks.ScaleOfTQ2_0));
            case TensorType.Q2_0:
                return Ternary(BlockBytes.Half(block));
            default:
                float d = BlockBytes.Half(block);
                return (2 * d, d);
        }
    }

    private static (float Scale, float Offset) Ternary(float d) => (d, d);
}

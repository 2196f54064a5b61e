using System.Numerics;
using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Core.Formats.Blocks;

/// <summary>The formats of 256 elements that name short vectors of a grid: IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ1_S and IQ1_M.
/// </summary>
internal static unsafe class GridBlocks
{
    private const int Elements = 256;
    private const int Group = 32;
    private const int Groups = Elements / Group;
    private const int Vector = 8;
    private const int Vectors = Elements / Vector;
    private const int VectorsOfGroup = Group / Vector;
    private const int HalfVector = Vector / 2;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void IQ2_XXS(byte* block, float* values)
    {
        float d = BlockBytes.Half(block);
        byte* indexes = block + BlockBytes.HalfSize;
        for (int group = 0; group < Groups; group++, indexes += Vector)
        {
            uint signs = BlockBytes.UInt32(indexes + VectorsOfGroup);
            float scale = d * (0.5f + (signs >> 28)) * 0.25f;
            for (int v = 0; v < VectorsOfGroup; v++, values += Vector)
                Store(scale, Grids.IQ2_XXS, indexes[v], Signs(signs >> (7 * v)), values, Vector);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void IQ2_XS(byte* block, float* values)
    {
        float d = BlockBytes.Half(block);
        byte* numbers = block + BlockBytes.HalfSize;
        byte* scales = numbers + (2 * Vectors);
        for (int v = 0; v < Vectors; v++, values += Vector)
        {
            float scale = d * (0.5f + ScaleOfTwo(scales, v)) * 0.25f;
            int number = BlockBytes.UInt16(numbers + (2 * v));
            Store(scale, Grids.IQ2_XS, number & 511, Signs((uint)number >> 9), values, Vector);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void IQ2_S(byte* block, float* values)
    {
        float d = BlockBytes.Half(block);
        byte* lower = block + BlockBytes.HalfSize;
        byte* signs = lower + Vectors;
        byte* upper = signs + Vectors;
        byte* scales = upper + Groups;
        for (int v = 0; v < Vectors; v++, values += Vector)
        {
            float scale = d * (0.5f + ScaleOfTwo(scales, v)) * 0.25f;
            int high = (upper[v / VectorsOfGroup] >> (2 * (v % VectorsOfGroup))) & 3;
            Store(scale, Grids.IQ2_S, lower[v] | (high << 8), signs[v], values, Vector);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void IQ3_XXS(byte* block, float* values)
    {
        byte* indexes = block + BlockBytes.HalfSize;
        byte* signsOfGroups = indexes + (2 * Vectors);
        for (int group = 0; group < Groups; group++)
        {
            uint signs = BlockBytes.UInt32(signsOfGroups + (sizeof(uint) * group));
            float scale = ScaleOfIQ3_XXS(block, group);
            for (int v = 0; v < VectorsOfGroup; v++, values += Vector, indexes += 2)
            {
                int signsOfVector = Signs(signs >> (7 * v));
                Store(scale, Grids.IQ3_XXS, indexes[0], signsOfVector, values, HalfVector);
                Store(scale, Grids.IQ3_XXS, indexes[1], signsOfVector >> HalfVector, values + HalfVector, HalfVector);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void IQ3_S(byte* block, float* values)
    {
        byte* lower = block + BlockBytes.HalfSize;
        byte* upper = lower + (2 * Vectors);
        byte* signs = upper + Groups;
        for (int v = 0; v < 2 * Vectors; v++, values += HalfVector)
        {
            int group = v / Vector;
            float scale = ScaleOfIQ3_S(block, group);
            int high = (upper[group] >> (v % Vector)) & 1;
            Store(scale, Grids.IQ3_S, lower[v] | (high << 8), signs[v / 2] >> (v % 2 * HalfVector), values, HalfVector);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void IQ1_S(byte* block, float* values)
    {
        byte* lower = block + BlockBytes.HalfSize;
        byte* upper = lower + Vectors;
        for (int v = 0; v < Vectors; v++, values += Vector)
        {
            (float scale, float shift) = ScaleOfIQ1_S(block, v / VectorsOfGroup);
            int high = (BlockBytes.UInt16(upper + (2 * (v / VectorsOfGroup))) >> (3 * (v % VectorsOfGroup))) & 7;
            StoreShifted(scale, lower[v] | (high << 8), shift, values);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void IQ1_M(byte* block, float* values)
    {
        byte* lower = block;
        byte* upper = lower + Vectors;
        byte* scales = upper + (Vectors / 2);
        float d = SplitHalf(scales);
        for (int v = 0; v < Vectors; v++, values += Vector)
        {
            int scalesOfFour = BlockBytes.UInt16(scales + (2 * (v / 8)));
            float scale = d * ((2 * ((scalesOfFour >> (3 * (v / 2 % 4))) & 7)) + 1);
            int bits = BlockBytes.Nibble(upper[v / 2], v % 2);
            StoreShifted(scale, lower[v] | ((bits & 7) << 8), Shift(isLess: (bits & 8) != 0), values);
        }
    }

    /// <summary>The scale of one of the eight groups of a block of IQ3_XXS, whose elements are multiples of it.</summary>
    public static float ScaleOfIQ3_XXS(byte* block, int group)
    {
        uint signs = BlockBytes.UInt32(block + BlockBytes.HalfSize + (2 * Vectors) + (sizeof(uint) * group));
        return BlockBytes.Half(block) * (0.5f + (signs >> 28)) * 0.5f;
    }

    /// <summary>The scale of one of the eight groups of a block of IQ3_S, whose elements are odd multiples of it, from −15 to 15.</summary>
    public static float ScaleOfIQ3_S(byte* block, int group)
    {
        byte* scales = block + BlockBytes.HalfSize + (2 * Vectors) + Groups + Vectors;
        return BlockBytes.Half(block) * (1 + (2 * BlockBytes.Nibble(scales[group / 2], group % 2)));
    }

    /// <summary>The scale of one of the eight groups of a block of IQ1_S: its elements are −1, 0 or 1 plus the shift, times the
    /// scale.</summary>
    public static (float Scale, float Shift) ScaleOfIQ1_S(byte* block, int group)
    {
        int bits = BlockBytes.UInt16(block + BlockBytes.HalfSize + Vectors + (2 * group));
        return (BlockBytes.Half(block) * ((2 * ((bits >> 12) & 7)) + 1), Shift(isLess: (bits & 0x8000) != 0));
    }

    /// <summary>The half whose four digits are the upper four bits of four numbers, the last digit first.</summary>
    private static float SplitHalf(byte* scales)
    {
        int bits = 0;
        for (int i = 0; i < 4; i++)
            bits |= (BlockBytes.UInt16(scales + (2 * i)) >> 12) << (4 * i);
        return (float)BitConverter.UInt16BitsToHalf((ushort)bits);
    }

    /// <summary>The four bits that two vectors share.</summary>
    private static int ScaleOfTwo(byte* scales, int vector) => BlockBytes.Nibble(scales[vector / VectorsOfGroup], vector / 2 % 2);

    /// <summary>Seven signs; the eighth makes the number of negative ones even.</summary>
    private static int Signs(uint bits)
    {
        int seven = (int)bits & 127;
        return seven | ((BitOperations.PopCount((uint)seven) & 1) << 7);
    }

    private static void Store(float scale, sbyte[] grid, int index, int signs, float* values, int length)
    {
        ReadOnlySpan<sbyte> vector = grid.AsSpan(index * length, length);
        for (int i = 0; i < vector.Length; i++)
            values[i] = scale * vector[i] * (((signs >> i) & 1) == 0 ? 1f : -1f);
    }

    private static float Shift(bool isLess) => isLess ? -0.125f : 0.125f;

    private static void StoreShifted(float scale, int index, float shift, float* values)
    {
        ReadOnlySpan<sbyte> vector = Grids.IQ1.AsSpan(index * Vector, Vector);
        for (int i = 0; i < vector.Length; i++)
            values[i] = scale * (vector[i] + shift);
    }
}

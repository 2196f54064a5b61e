using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Formats.Blocks;

namespace RetNet.Extensions.Core.Formats;

/// <summary>Sizes and values of ggml's block formats. <see cref="TensorType"/> describes the layouts.</summary>
/// <remarks>Follows the functions dequantize_row_* of ggml's reference (ggml-quants.c), in the same order of float32 operations.</remarks>
internal static unsafe class BlockFormat
{
    /// <summary>Whether elements of the type are packed into blocks.</summary>
    public static bool IsBlockFormat(TensorType type) => Find(type).Elements > 0;

    /// <summary>Elements of one block.</summary>
    public static int Elements(TensorType type) => Require(type).Elements;

    /// <summary>Bytes of one block.</summary>
    public static int Bytes(TensorType type) => Require(type).Bytes;

    /// <summary>Widens blocks to float32.</summary>
    /// <param name="type">A block format.</param>
    /// <param name="blocks">A whole number of blocks.</param>
    /// <param name="values">As many as the blocks have elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dequantize(TensorType type, ReadOnlySpan<byte> blocks, Span<float> values)
    {
        Layout layout = Require(type);
        ArgumentOutOfRangeException.ThrowIfNotEqual(
            (long)blocks.Length * layout.Elements, (long)values.Length * layout.Bytes, nameof(blocks));
        fixed (byte* firstBlock = blocks)
        fixed (float* firstValue = values)
        {
            float* value = firstValue;
            for (byte* block = firstBlock, end = firstBlock + blocks.Length; block < end; block += layout.Bytes, value += layout.Elements)
                layout.Widen(block, value);
        }
    }

    private static Layout Require(TensorType type) => Find(type) is { Elements: > 0 } layout
        ? layout
        : throw new ArgumentOutOfRangeException(nameof(type), type, "The type is not a block format.");

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Layout Find(TensorType type) => type switch
    {
        TensorType.Q8_0 => new Layout(32, SmallBlocks.BytesOfQ8_0, &SmallBlocks.Q8_0),
        TensorType.Q4_0 => new Layout(32, 18, &SmallBlocks.Q4_0),
        TensorType.Q4_1 => new Layout(32, 20, &SmallBlocks.Q4_1),
        TensorType.Q5_0 => new Layout(32, 22, &SmallBlocks.Q5_0),
        TensorType.Q5_1 => new Layout(32, 24, &SmallBlocks.Q5_1),
        TensorType.Q2_K => new Layout(256, 84, &GroupedBlocks.Q2_K),
        TensorType.Q3_K => new Layout(256, 110, &GroupedBlocks.Q3_K),
        TensorType.Q4_K => new Layout(256, 144, &GroupedBlocks.Q4_K),
        TensorType.Q5_K => new Layout(256, 176, &GroupedBlocks.Q5_K),
        TensorType.Q6_K => new Layout(256, 210, &GroupedBlocks.Q6_K),
        TensorType.IQ4_NL => new Layout(32, 18, &TableBlocks.IQ4_NL),
        TensorType.IQ4_XS => new Layout(256, 136, &TableBlocks.IQ4_XS),
        TensorType.MXFP4 => new Layout(32, 17, &TableBlocks.MXFP4),
        TensorType.NVFP4 => new Layout(64, 36, &TableBlocks.NVFP4),
        TensorType.IQ2_XXS => new Layout(256, 66, &GridBlocks.IQ2_XXS),
        TensorType.IQ2_XS => new Layout(256, 74, &GridBlocks.IQ2_XS),
        TensorType.IQ2_S => new Layout(256, 82, &GridBlocks.IQ2_S),
        TensorType.IQ3_XXS => new Layout(256, 98, &GridBlocks.IQ3_XXS),
        TensorType.IQ3_S => new Layout(256, 110, &GridBlocks.IQ3_S),
        TensorType.IQ1_S => new Layout(256, 50, &GridBlocks.IQ1_S),
        TensorType.IQ1_M => new Layout(256, 56, &GridBlocks.IQ1_M),
        TensorType.TQ1_0 => new Layout(256, 54, &TernaryBlocks.TQ1_0),
        TensorType.TQ2_0 => new Layout(256, 66, &TernaryBlocks.TQ2_0),
        TensorType.Q1_0 => new Layout(128, 18, &TernaryBlocks.Q1_0),
        TensorType.Q2_0 => new Layout(64, 18, &TernaryBlocks.Q2_0),
        _ => default,
    };

    private readonly struct Layout(int elements, int bytes, delegate*<byte*, float*, void> widen)
    {
        public int Elements { get; } = elements;

        public int Bytes { get; } = bytes;

        /// <summary>Widens one block.</summary>
        public delegate*<byte*, float*, void> Widen { get; } = widen;
    }
}

using System.Buffers;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>Rows of MXFP4 (<see cref="TensorType.MXFP4"/>) whose numbers lie in one tensor and whose scales in another, as gpt-oss has
/// them.</summary>
/// <remarks>Byte i of a group of numbers there has elements 2i and 2i + 1, and in a block elements i and i + 16.</remarks>
/// <param name="numbers">The groups of all rows, 16 bytes each.</param>
/// <param name="scales">A byte for each group.</param>
/// <param name="firstRow">The first row that is read.</param>
/// <param name="step">The distance of the rows.</param>
/// <param name="groups">Groups of a row.</param>
internal sealed unsafe class Mxfp4Rows(TensorView numbers, TensorView scales, long firstRow, int step, int groups) : ITensorStore
{
    private const int NumberBytes = 16;
    private const int BlockBytes = NumberBytes + 1;

    public string Path => numbers.File;

    byte* ITensorStore.Memory => null;

    /// <summary>Reads whole rows.</summary>
    void ITensorStore.Read(long offset, Span<byte> target)
    {
        int rows = target.Length / (groups * BlockBytes);
        long first = firstRow + (offset / (groups * BlockBytes) * step);
        int allGroups = checked((((rows - 1) * step) + 1) * groups);
        byte[] rented = ArrayPool<byte>.Shared.Rent(checked(allGroups * BlockBytes));
        try
        {
            Span<byte> allNumbers = rented.AsSpan(0, allGroups * NumberBytes);
            Span<byte> allScales = rented.AsSpan(allGroups * NumberBytes, allGroups);
            numbers.ReadBytes(first * groups * NumberBytes, allNumbers);
            scales.ReadBytes(first * groups, allScales);
            for (int row = 0; row < rows; row++)
            {
                for (int group = row * step * groups, end = group + groups; group < end; group++)
                {
                    target[0] = allScales[group];
                    Reorder(allNumbers.Slice(group * NumberBytes, NumberBytes), target.Slice(1, NumberBytes));
                    target = target[BlockBytes..];
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static void Reorder(ReadOnlySpan<byte> neighbours, Span<byte> halves)
    {
        for (int i = 0; i < NumberBytes / 2; i++)
        {
            byte lower = neighbours[i], upper = neighbours[i + (NumberBytes / 2)];
            halves[2 * i] = (byte)((lower & 0x0F) | (upper << 4));
            halves[(2 * i) + 1] = (byte)((lower >> 4) | (upper & 0xF0));
        }
    }
}

using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>The rows that are computed together, as the layers see them. Its tensors live as long as the wave's dispose scope.</summary>
internal class TorchWave
{
    /// <param name="blocks">The wave's blocks.</param>
    /// <param name="rows">The number of its rows.</param>
    public TorchWave(ReadOnlySpan<Block> blocks, int rows)
    {
        (Blocks, Rows) = (blocks.ToArray(), rows);
        Positions = new long[rows];
        foreach (Block block in blocks)
        {
            for (int i = 0; i < block.Rows; i++)
                Positions[block.FirstRow + i] = block.Position + i;
        }
    }

    /// <summary>The wave's blocks, one sequence's rows each.</summary>
    public Block[] Blocks { get; }

    /// <summary>The number of rows.</summary>
    public int Rows { get; }

    /// <summary>The position of each row's token.</summary>
    public long[] Positions { get; }
}

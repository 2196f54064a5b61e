using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>The rows that are computed together, as the layers see them. Its tensors live as long as the wave's dispose scope.</summary>
internal class TorchWave
{
    /// <param name="blocks">The wave's blocks.</param>
    /// <param name="rows">The number of its rows.</param>
    /// <param name="frequencies">Rotary angle per position of each pair, <c>[pairs]</c>.</param>
    public TorchWave(ReadOnlySpan<Block> blocks, int rows, Tensor frequencies)
    {
        (Blocks, Rows) = (blocks.ToArray(), rows);
        Positions = new long[rows];
        foreach (Block block in blocks)
        {
            for (int i = 0; i < block.Rows; i++)
                Positions[block.FirstRow + i] = block.Position + i;
        }

        // The reference implementations form the angle in float32, and so do we.
        Tensor angles = torch.tensor(Positions, torch.int64, frequencies.device).to(torch.float32).unsqueeze(1) * frequencies;
        (Cosines, Sines) = (angles.cos().unsqueeze(1), angles.sin().unsqueeze(1));
    }

    /// <summary>The wave's blocks, one sequence's rows each.</summary>
    public Block[] Blocks { get; }

    /// <summary>The number of rows.</summary>
    public int Rows { get; }

    /// <summary>The position of each row's token.</summary>
    public long[] Positions { get; }

    /// <summary>Rotary table, <c>[rows × 1 × pairs]</c>, float32.</summary>
    public Tensor Cosines { get; }

    /// <summary>Rotary table, <c>[rows × 1 × pairs]</c>, float32.</summary>
    public Tensor Sines { get; }
}

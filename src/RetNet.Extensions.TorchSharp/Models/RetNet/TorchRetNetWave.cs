using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.RetNet;

/// <summary>The rows of a wave as retention sees them: sequences that take one recurrent step, in runs, and pieces of prompts.</summary>
internal sealed class TorchRetNetWave : TorchWave
{
    private readonly Dictionary<(int Chunks, int Length), ChunkDecays> _decays = [];

    public TorchRetNetWave(BlockSchedule schedule, RetNetConfiguration c, TorchRetNetWeights weights, torch.Device device)
        : base(schedule.Blocks, schedule.Rows)
    {
        // The reference implementations form the angle in float32, and so do we.
        Tensor angles = torch.tensor(Positions, torch.int64, device).to(torch.float32).unsqueeze(1) * weights.Frequencies;
        (Cosines, Sines) = (angles.cos().unsqueeze(1), angles.sin().unsqueeze(1));
        Decay = torch.tensor(weights.LogDecay.Select(log => MathF.Exp(log)).ToArray(), torch.float32, device).reshape(-1, 1, 1);
        if (c.Dialect == RetNetDialect.TorchScale)
            RecurrentSums = ChunkDecays.RecurrentSums(weights.LogDecay, Positions, device);
        List<(Slot Slot, int Row)> steps = [];
        foreach (Block block in Blocks)
        {
            TorchRetNetState state = (TorchRetNetState)block.State;
            RetentionForm form = state.FormOf(block);
            RetentionScaling scaling = c.ScalingOf(form);
            if (block.Rows == 1 && scaling is RetentionScaling.None or RetentionScaling.Recurrent)
                steps.Add((state.Slot, block.FirstRow));
            else
                AddPrompt(block, state, form == RetentionForm.Parallel ? block.Rows : state.Chunk, scaling, weights.LogDecay, device);
        }

        Steps = SlotRun.Find(steps, device);
    }

    /// <summary>Rotary table, <c>[rows × 1 × pairs]</c>, float32.</summary>
    public Tensor Cosines { get; }

    /// <summary>Rotary table, <c>[rows × 1 × pairs]</c>, float32.</summary>
    public Tensor Sines { get; }

    /// <summary>γ of each head, <c>[H × 1 × 1]</c>.</summary>
    public Tensor Decay { get; }

    /// <summary>torchscale: √s of each head and row, <c>[H × rows]</c>; null for fla.</summary>
    public Tensor? RecurrentSums { get; }

    /// <summary>The sequences that take one step.</summary>
    public IReadOnlyList<SlotRun> Steps { get; }

    /// <summary>Pieces of prompts, those of a sequence in their order.</summary>
    public List<PromptPiece> Prompts { get; } = [];

    // Whole chunks side by side, then the rest.
    private void AddPrompt(Block block, TorchRetNetState state, int chunk, RetentionScaling scaling, float[] logDecay, torch.Device device)
    {
        Tensor? chunkSum = scaling == RetentionScaling.TorchScaleChunkwise ? ChunkDecays.ChunkSum(logDecay, chunk, device) : null;
        int whole = block.Rows / chunk, rest = block.Rows % chunk;
        if (whole > 0)
            Prompts.Add(new PromptPiece(state, block.FirstRow, block.Position == 0, DecaysOf(whole, chunk), scaling, chunkSum));
        if (rest > 0)
        {
            Prompts.Add(new PromptPiece(state, block.FirstRow + (whole * chunk), block.Position == 0 && whole == 0, DecaysOf(1, rest),
                scaling, chunkSum));
        }

        ChunkDecays DecaysOf(int chunks, int length)
        {
            if (!_decays.TryGetValue((chunks, length), out ChunkDecays? decays))
                _decays[(chunks, length)] = decays = new ChunkDecays(logDecay, chunks, length, device);
            return decays;
        }
    }

    /// <summary>Whole chunks of one sequence.</summary>
    /// <param name="State">Its state.</param>
    /// <param name="FirstRow">The first row in the wave.</param>
    /// <param name="StartsEmpty">Whether the sequence begins here.</param>
    /// <param name="Decays">The powers of γ, and so the number of chunks and their length.</param>
    /// <param name="Scaling">The divisor of the rows.</param>
    /// <param name="ChunkSum">s of a whole chunk of each head, <c>[H × 1 × 1]</c>; null where it is not needed.</param>
    public sealed record PromptPiece(
        TorchRetNetState State, int FirstRow, bool StartsEmpty, ChunkDecays Decays, RetentionScaling Scaling, Tensor? ChunkSum)
    {
        /// <summary>The number of rows.</summary>
        public int Rows => Decays.Chunks * Decays.Length;
    }
}

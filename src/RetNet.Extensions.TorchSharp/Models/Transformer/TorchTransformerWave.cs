using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>The rows of a wave as attention sees them: sequences with one new token, in runs, and blocks of prompts.</summary>
internal sealed class TorchTransformerWave : TorchWave
{
    /// <summary>Makes room for the new rows and groups the sequences.</summary>
    public TorchTransformerWave(
        BlockSchedule schedule, TransformerConfiguration c, TorchTransformerWeights weights, torch.Device device)
        : base(schedule.Blocks, schedule.Rows)
    {
        Rotations = new RotaryTables(
            c, Positions, [.. Blocks.Select(block => (block.Rows, block.Length))], weights.Frequencies, weights.LocalFrequencies);
        foreach (Block block in Blocks)
        {
            TorchTransformerState state = (TorchTransformerState)block.State;
            state.CloseGap();
            state.Reserve(block.Rows);
        }

        WaveSequence[] sequences = [.. Blocks.Select(block => new WaveSequence(block))];
        foreach (IGrouping<object, WaveSequence> group in
            sequences.Where(sequence => sequence.IsStep).GroupBy(sequence => sequence.State.Cut))
        {
            Dictionary<int, WaveSequence> byRow = group.ToDictionary(sequence => sequence.Block.FirstRow);
            foreach (SlotRun run in SlotRun.Find(group.Select(sequence => (sequence.State.Slot, sequence.Block.FirstRow)), device))
                Steps.Add(new StepRun(run, [.. run.Rows.Select(row => byRow[row])], device));
        }

        Prompts = [.. sequences.Where(sequence => !sequence.IsStep)];
        foreach (WaveSequence sequence in Prompts)
            sequence.LoadMoves(device);
        RowPositions = torch.tensor(Positions, torch.int64, device);
    }

    /// <summary>The rotary embeddings of the rows.</summary>
    public RotaryTables Rotations { get; }

    /// <summary>The sequences with one new token.</summary>
    public List<StepRun> Steps { get; } = [];

    /// <summary>Blocks that are computed one by one: several tokens, or a policy that runs on the host.</summary>
    public IReadOnlyList<WaveSequence> Prompts { get; }

    /// <summary>The position of each row's token, <c>[rows]</c>.</summary>
    public Tensor RowPositions { get; }
}

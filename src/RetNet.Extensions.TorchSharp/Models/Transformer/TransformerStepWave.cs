using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>A wave of one new token per sequence as <see cref="TransformerSteps"/> reads it: one copy to the device brings what the host
/// knows. Its tensors live as long as the wave.</summary>
internal sealed class TransformerStepWave
{
    private const int Token = 0, Position = 1, LastSlot = 2, HasGap = 3, FirstMove = 4;
    private const int NumbersOfRun = 9;

    /// <summary>Appends the new rows to the books of the states.</summary>
    /// <param name="tokens">The tokens of the wave.</param>
    /// <param name="blocks">Its blocks, which <see cref="IsServed"/>.</param>
    /// <param name="device">The device.</param>
    public TransformerStepWave(ReadOnlySpan<int> tokens, ReadOnlySpan<Block> blocks, torch.Device device)
    {
        int n = blocks.Length;
        Order = new StepOrder(blocks, static block => StateOf(block).Slot, static block => StateOf(block).Cut);
        WaveSequence[] sequences = new WaveSequence[n];
        int moves = 0;
        for (int row = 0; row < n; row++)
        {
            sequences[row] = new WaveSequence(blocks[Order.RowInWave(row)]);
            moves = Math.Max(moves, sequences[row].Moves(0).From.Length);
        }

        long[] numbers = new long[Order.Runs.Count * NumbersOfRun];
        for (int run = 0; run < Order.Runs.Count; run++)
            Describe(Order.Runs[run], sequences, numbers.AsSpan(run * NumbersOfRun, NumbersOfRun), moves);
        Numbers = torch.tensor(numbers, [Order.Runs.Count, NumbersOfRun], torch.int64);

        long[] batch = new long[(FirstMove + (2 * moves)) * n];
        for (int row = 0; row < n; row++)
        {
            WaveSequence sequence = sequences[row];
            int last = sequence.Before(0);
            batch[(Token * n) + row] = tokens[Order.RowInWave(row)];
            batch[(Position * n) + row] = sequence.Block.Position;
            batch[(LastSlot * n) + row] = last;
            batch[(HasGap * n) + row] = sequence.State.HasGap ? 1 : 0;

            // Where there are fewer moves, the last slot moves onto itself: it is not a hole, because no row is left behind the kept ones.
            RowMoves own = sequence.Moves(0);
            for (int move = 0; move < moves; move++)
            {
                bool has = move < own.From.Length;
                batch[((FirstMove + move) * n) + row] = has ? own.From[move] : last;
                batch[((FirstMove + moves + move) * n) + row] = has ? own.To[move] : last;
            }

            sequence.State.HasGap = sequence.State.CutsOnDevice && sequence.Excess(0) > 0;
        }

        Batch = torch.tensor(batch, [batch.Length / n, n], torch.int64, device);
        State = [.. Order.Runs.SelectMany(static run => new[] { run.View(RowPools.Rows, dimension: 2), run.View(RowPools.Positions),
            run.View(RowPools.Accumulated), run.View(RowPools.Gaps) })];
    }

    /// <summary>The order of the rows.</summary>
    public StepOrder Order { get; }

    /// <summary>Tokens, their positions, the slots of their rows where there is no gap, whether there is one, then the slots from which and
    /// to which rows move: <c>[(4 + 2 moves) × n]</c>, int64.</summary>
    public Tensor Batch { get; }

    /// <summary>Of each run keys and values <c>[layers × 2 × n × G × capacity × w]</c>, positions and accumulated attention
    /// <c>[layers × n × capacity]</c>, gaps <c>[layers × n]</c>; changed.</summary>
    public Tensor[] State { get; }

    /// <summary>What tells the runs apart, on the host, <c>[runs × 9]</c>, int64: the rows of its longest sequence with the new one,
    /// whether others are shorter; the rows that move; whether attention is added up, whether the device drops a row, whether some have no
    /// gap yet; how many of the first and of the newest tokens stay whatever their scores; its number of sequences.</summary>
    public Tensor Numbers { get; }

    /// <summary>Whether each sequence of a wave has one new token and is cut in all layers alike.</summary>
    public static bool IsServed(ReadOnlySpan<Block> blocks)
    {
        foreach (Block block in blocks)
        {
            TorchTransformerState state = StateOf(block);
            bool isCutInOneStep = state.ReadsNoAttention
                || (!state.Book(0).KnowsPositions && state.Book(0).Count <= state.Limit && block.EndsStep);
            if (block.Rows != 1 || !state.HasOneBook || !isCutInOneStep)
                return false;
        }

        return true;
    }

    private static TorchTransformerState StateOf(Block block) => (TorchTransformerState)block.State;

    private static void Describe(StepRows run, WaveSequence[] sequences, Span<long> numbers, int moves)
    {
        int most = 0;
        bool hides = false, opens = false;
        for (int row = run.FirstRow; row < run.FirstRow + run.Count; row++)
        {
            hides |= row > run.FirstRow && sequences[row].Count(0) != most;
            most = Math.Max(most, sequences[row].Count(0));
            opens |= !sequences[row].State.HasGap;
        }

        TorchTransformerState state = sequences[run.FirstRow].State;
        KeepRule rule = state.CutsOnDevice ? state.Policy.Rule!.Value : default;
        bool drops = state.CutsOnDevice && most > state.Limit;
        ReadOnlySpan<long> all = [most, Number(hides), state.CutsOnDevice ? 0 : moves, Number(rule.Score == AttentionNeeds.Accumulated),
            Number(drops), Number(opens), drops ? rule.FirstOf(state.Limit!.Value) : 0, drops ? rule.NewestOf(state.Limit!.Value) : 0,
            run.Count];
        all.CopyTo(numbers);
    }

    private static long Number(bool condition) => condition ? 1 : 0;
}

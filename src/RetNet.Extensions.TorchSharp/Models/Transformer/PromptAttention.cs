using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.TorchSharp.Kernels;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>Attention of the block of one sequence: several tokens, or one whose policy runs on the host.</summary>
/// <param name="c">The model's dimensions: H query heads, G key-value heads of width w.</param>
/// <param name="math">Its attention.</param>
/// <param name="formulas">What tells it apart.</param>
internal sealed class PromptAttention(TransformerConfiguration c, AttentionMath math, TransformerFormulas formulas)
{
    // Attention weights in memory at once: queries are computed in tiles.
    private const long TileWeights = 1 << 23;

    /// <summary>Appends the new rows, attends to all that each token sees, and drops those that the policy does not keep.</summary>
    /// <param name="sequence">The block.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="queryPositions">The positions of the tokens, <c>[T]</c>.</param>
    /// <param name="query">Rotated, <c>[T × H × w]</c>, float32.</param>
    /// <param name="key">Rotated, <c>[T × G × w]</c>.</param>
    /// <param name="value"><c>[T × G × w]</c>.</param>
    /// <returns><c>[T × H × w]</c>, float32.</returns>
    public Tensor Apply(WaveSequence sequence, int layer, Tensor queryPositions, Tensor query, Tensor key, Tensor value)
    {
        TorchTransformerState state = sequence.State;
        int rows = sequence.Block.Rows, before = sequence.Before(layer);
        state.View(RowPools.Keys, layer).narrow(1, before, rows).copy_(key.transpose(0, 1));
        state.View(RowPools.Values, layer).narrow(1, before, rows).copy_(value.transpose(0, 1));
        state.View(RowPools.Positions, layer).narrow(0, before, rows).copy_(queryPositions);
        state.View(RowPools.Accumulated, layer).narrow(0, before, rows).zero_();

        bool accumulates = !state.ReadsNoAttention && (state.Policy.Needs & AttentionNeeds.Accumulated) != 0;
        Tensor output = before == 0 && rows > 1 && !accumulates && c.SlidingWindow(layer) is null && formulas.HasPlainAttention
            ? Flash(sequence, layer, query)
            : InTiles(sequence, layer, queryPositions, query, accumulates);
        Cut(sequence, layer, queryPositions, query);
        return output;
    }

    /// <summary>The first tokens of a sequence: no mask and no weights in memory.</summary>
    private Tensor Flash(WaveSequence sequence, int layer, Tensor query)
    {
        int rows = sequence.Block.Rows;
        Tensor keys = PerQueryHead(RowPools.Keys), values = PerQueryHead(RowPools.Values);
        Tensor scaled = formulas.QueryFactor == 1 ? query : query * formulas.QueryFactor;
        Tensor q = scaled.to(keys.dtype).transpose(0, 1).reshape(c.KeyValueHeads, c.Heads / c.KeyValueHeads, rows, c.HeadWidth);
        return TorchMath.Attention(q, keys, values)
            .to(torch.float32).reshape(c.Heads, rows, c.HeadWidth).transpose(0, 1);

        Tensor PerQueryHead(int tensor)
        {
            Tensor all = sequence.State.View(tensor, layer).narrow(1, 0, rows);
            return all.to(math.TypeFor(all)).unsqueeze(1).expand(c.KeyValueHeads, c.Heads / c.KeyValueHeads, rows, c.HeadWidth);
        }
    }

    /// <summary>Tiles of queries behind a mask.</summary>
    private Tensor InTiles(WaveSequence sequence, int layer, Tensor queryPositions, Tensor query, bool accumulates)
    {
        int rows = sequence.Block.Rows, before = sequence.Before(layer);
        int tile = (int)Math.Clamp(TileWeights / ((long)c.Heads * sequence.Count(layer)), 1, rows);
        Tensor output = torch.empty([rows, c.Heads, c.HeadWidth], dtype: torch.float32, device: query.device);
        Tensor values = sequence.State.View(RowPools.Values, layer), accumulated = sequence.State.View(RowPools.Accumulated, layer);
        for (int first = 0; first < rows; first += tile)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            int count = Math.Min(tile, rows - first);
            Tensor weights = Weights(sequence, layer, queryPositions, query, first, count);
            output.narrow(0, first, count).copy_(math.Mix(weights, values.narrow(1, 0, weights.size(3))).squeeze(0));
            if (accumulates)
                accumulated.narrow(0, 0, weights.size(3)).add_(AttentionMath.Average(weights.sum(2)).squeeze(0));
        }

        return output;
    }

    /// <summary>The weights of consecutive queries, <c>[1 × H × T × rows that the last of them sees]</c>.</summary>
    private Tensor Weights(WaveSequence sequence, int layer, Tensor queryPositions, Tensor query, int first, int count)
    {
        int visible = sequence.Before(layer) + first + count;
        Tensor positions = sequence.State.View(RowPools.Positions, layer).narrow(0, 0, visible).unsqueeze(0);
        Tensor own = queryPositions.narrow(0, first, count).unsqueeze(1);
        Tensor? hidden = count > 1 ? positions > own : null;
        if (c.SlidingWindow(layer) is { } window)
        {
            Tensor gone = positions <= own - window;
            hidden = hidden is null ? gone : hidden.logical_or(gone);
        }

        Tensor keys = sequence.State.View(RowPools.Keys, layer).narrow(1, 0, visible);
        return math.Weights(layer, query.narrow(0, first, count).unsqueeze(0), keys, hidden?.reshape(1, 1, count, visible));
    }

    private void Cut(WaveSequence sequence, int layer, Tensor queryPositions, Tensor query)
    {
        TorchTransformerState state = sequence.State;
        int count = sequence.Count(layer);
        if (state.ReadsNoAttention)
        {
            Move(state, layer, sequence.MovesOnDevice(layer));
            return;
        }

        Tensor? lastQuery = null;
        if (sequence.Excess(layer) > 0 && (state.Policy.Needs & AttentionNeeds.LastQuery) != 0)
        {
            lastQuery = AttentionMath.Average(Weights(sequence, layer, queryPositions, query, sequence.Block.Rows - 1, 1).squeeze(2))
                .squeeze(0);
        }

        Tensor? accumulated = (state.Policy.Needs & AttentionNeeds.Accumulated) != 0
            ? state.View(RowPools.Accumulated, layer).narrow(0, 0, count)
            : null;
        if (state.Book(layer).KnowsPositions)
        {
            RowMoves moves = HostCut.Apply(sequence, layer, ToHost(lastQuery), sequence.Excess(layer) > 0 ? ToHost(accumulated) : null);
            Move(state, layer, moves.ToDevice(query.device));
        }
        else if (sequence.Excess(layer) > 0)
        {
            int limit = sequence.Cut!.Value;
            Tensor kept = DeviceCut.Kept(state.Policy.Rule!.Value, limit, (lastQuery ?? accumulated)!,
                state.View(RowPools.Positions, layer).narrow(0, 0, count));
            Move(state, layer, (kept.unsqueeze(0), torch.arange(limit, dtype: torch.int64, device: kept.device).unsqueeze(0)));
        }
    }

    private static float[]? ToHost(Tensor? scores) => scores is null ? null : MemoryMarshal.Cast<byte, float>(scores.cpu().bytes).ToArray();

    private static void Move(TorchTransformerState state, int layer, (Tensor From, Tensor To)? moves)
    {
        if (moves is { } rows)
            RowSlots.Move(tensor => state.View(tensor, layer).unsqueeze(0), rows.From, rows.To);
    }
}

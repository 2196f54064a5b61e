using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>Attention of sequences with one new token each whose states are neighbours: one set of operations serves them all, the cut
/// included.</summary>
/// <param name="c">The model's dimensions: H query heads, G key-value heads of width w.</param>
/// <param name="math">Its attention.</param>
internal sealed class StepAttention(TransformerConfiguration c, AttentionMath math)
{
    /// <summary>Appends the new rows, attends to all of them, and drops those that the policy does not keep.</summary>
    /// <param name="run">The sequences.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="query">Rotated, <c>[n × H × w]</c>, float32.</param>
    /// <param name="key">Rotated, <c>[n × G × w]</c>.</param>
    /// <param name="value"><c>[n × G × w]</c>.</param>
    /// <returns><c>[n × H × w]</c>, float32.</returns>
    public Tensor Apply(StepRun run, int layer, Tensor query, Tensor key, Tensor value)
    {
        Tensor keys = run.Rows.View(RowPools.Keys, layer), values = run.Rows.View(RowPools.Values, layer);
        Tensor newKey = key.to(keys.dtype).unsqueeze(2), newValue = value.to(values.dtype).unsqueeze(2);
        Tensor slots = run.NewSlots(layer);
        int most = run.MostRows(layer);
        Tensor? behind = null;
        if (run.CommonSlot(layer) is { } slot)
        {
            keys.narrow(2, slot, 1).copy_(newKey);
            values.narrow(2, slot, 1).copy_(newValue);
        }
        else
        {
            RowSlots.Put(keys, slots, newKey);
            RowSlots.Put(values, slots, newValue);
            behind = torch.arange(most, dtype: torch.int64, device: slots.device).unsqueeze(0) > slots;
        }

        Tensor weights = math.Weights(layer, query.unsqueeze(1), Rows(keys, most), behind?.reshape(run.Count, 1, 1, most));
        Tensor output = math.Mix(weights, Rows(values, most)).squeeze(1);
        if (run.Moves(layer) is { } moves)
            RowSlots.Move(tensor => run.Rows.View(tensor, layer), moves.From, moves.To);
        else if (run.CutsOnDevice)
            Cut(run, layer, weights.squeeze(2), behind, newKey, newValue);
        return output;
    }

    /// <summary>What attention decides: the newest row moves to the slot of the row with the lowest score.</summary>
    private static void Cut(StepRun run, int layer, Tensor weights, Tensor? behind, Tensor newKey, Tensor newValue)
    {
        long most = weights.size(2);
        Tensor allPositions = run.Rows.View(RowPools.Positions, layer), allAccumulated = run.Rows.View(RowPools.Accumulated, layer);
        Tensor positions = allPositions.narrow(1, 0, most), accumulated = allAccumulated.narrow(1, 0, most);
        bool accumulates = run.Rule.Score == AttentionNeeds.Accumulated;
        if (accumulates)
            accumulated.add_(AttentionMath.Average(weights));
        if (run.Drops(layer) == false)
            return;
        Tensor scores = accumulates ? accumulated : AttentionMath.Average(weights);
        Tensor? kept = behind;
        if (run.Rule.NewestOf(run.Limit!.Value) is > 0 and int newest)
            kept = Either(kept, positions > run.Positions - newest);
        if (run.Rule.FirstOf(run.Limit!.Value) is > 0 and int first)
            kept = Either(kept, positions < first);

        Tensor slots = run.NewSlots(layer);
        Tensor hole = DeviceCut.Lowest(scores, positions, kept);
        if (run.Drops(layer) is null)
            hole = torch.where(run.DropsEach(layer), hole, slots);
        RowSlots.Put(run.Rows.View(RowPools.Keys, layer), hole, newKey);
        RowSlots.Put(run.Rows.View(RowPools.Values, layer), hole, newValue);
        RowSlots.Put(allPositions, hole, run.Positions);
        RowSlots.Put(allAccumulated, hole, RowSlots.Take(allAccumulated, slots));
    }

    private static Tensor Either(Tensor? some, Tensor others) => some is null ? others : some.logical_or(others);

    private Tensor Rows(Tensor rows, int count) => rows.reshape(-1, rows.size(2), c.HeadWidth).narrow(1, 0, count);
}

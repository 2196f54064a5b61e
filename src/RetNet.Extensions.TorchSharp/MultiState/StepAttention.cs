using RetNet.Extensions.Core.MultiState;

namespace RetNet.Extensions.TorchSharp.MultiState;

/// <summary>Attention of sequences with one new token each whose states are neighbours: one set of operations serves them all, the cut included.</summary>
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
            Put(keys, slots, newKey);
            Put(values, slots, newValue);
            behind = torch.arange(most, dtype: torch.int64, device: slots.device).unsqueeze(0) > slots;
        }

        Tensor weights = math.Weights(query.unsqueeze(1), Rows(keys, most), behind?.reshape(run.Count, 1, 1, most));
        Tensor output = math.Mix(weights, Rows(values, most)).squeeze(1);
        if (run.Moves(layer) is { } moves)
            Move(run, layer, moves.From, moves.To);
        else if (run.Limit is not null && run.Policy is Tova or H2O)
            Cut(run, layer, weights.squeeze(2), behind, newKey, newValue);
        return output;
    }

    /// <summary>TOVA and H2O: the newest row moves to where the lowest score was.</summary>
    private static void Cut(StepRun run, int layer, Tensor weights, Tensor? behind, Tensor newKey, Tensor newValue)
    {
        long most = weights.size(2);
        Tensor allPositions = run.Rows.View(RowPools.Positions, layer), allAccumulated = run.Rows.View(RowPools.Accumulated, layer);
        Tensor positions = allPositions.narrow(1, 0, most), accumulated = allAccumulated.narrow(1, 0, most);
        Tensor scores;
        Tensor? kept = behind;
        if (run.Policy is H2O)
        {
            scores = accumulated.add_(AttentionMath.Average(weights));
            if (run.Drops(layer) == false)
                return;
            Tensor newest = positions > run.Positions - (run.Limit!.Value / 2);
            kept = behind is null ? newest : behind.logical_or(newest);
        }
        else
        {
            if (run.Drops(layer) == false)
                return;
            scores = AttentionMath.Average(weights);
        }

        Tensor slots = run.NewSlots(layer);
        Tensor hole = DeviceCut.Lowest(scores, positions, kept);
        if (run.Drops(layer) is null)
            hole = torch.where(run.DropsEach(layer), hole, slots);
        Put(run.Rows.View(RowPools.Keys, layer), hole, newKey);
        Put(run.Rows.View(RowPools.Values, layer), hole, newValue);
        allPositions.scatter_(1, hole, run.Positions);
        allAccumulated.scatter_(1, hole, allAccumulated.gather(1, slots));
    }

    /// <summary>Moves rows as the host has decided.</summary>
    private static void Move(StepRun run, int layer, Tensor from, Tensor to)
    {
        foreach (int tensor in (ReadOnlySpan<int>)[RowPools.Keys, RowPools.Values])
        {
            Tensor rows = run.Rows.View(tensor, layer);
            Put(rows, to, rows.gather(2, Expand(from, rows)));
        }

        foreach (int tensor in (ReadOnlySpan<int>)[RowPools.Positions, RowPools.Accumulated])
        {
            Tensor rows = run.Rows.View(tensor, layer);
            rows.scatter_(1, to, rows.gather(1, from));
        }
    }

    /// <summary>Writes rows into slots, <c>[n × m]</c>, of every head.</summary>
    private static void Put(Tensor rows, Tensor slots, Tensor values) => rows.scatter_(2, Expand(slots, rows), values);

    private static Tensor Expand(Tensor slots, Tensor rows) =>
        slots.reshape(slots.size(0), 1, slots.size(1), 1).expand(slots.size(0), rows.size(1), slots.size(1), rows.size(3));

    private Tensor Rows(Tensor rows, int count) => rows.reshape(-1, rows.size(2), c.HeadWidth).narrow(1, 0, count);
}

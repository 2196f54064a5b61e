using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>The rows that a rule keeps by attention, chosen on the device, where the scores are.</summary>
internal static class DeviceCut
{
    /// <summary>The row with the lowest score of each sequence; of equal ones the newest.</summary>
    /// <param name="scores"><c>[n × rows]</c>, float32.</param>
    /// <param name="positions"><c>[n × rows]</c>.</param>
    /// <param name="kept">True for those that do not count, <c>[n × rows]</c>; null for none.</param>
    /// <returns>Its slot, <c>[n × 1]</c>.</returns>
    public static Tensor Lowest(Tensor scores, Tensor positions, Tensor? kept)
    {
        if (kept is not null)
            scores = scores.masked_fill(kept, float.PositiveInfinity);
        Tensor isLowest = scores == scores.amin([1], keepdim: true);
        if (kept is not null)
            isLowest = isLowest.logical_and(kept.logical_not());
        return torch.where(isLowest, positions, torch.full_like(positions, -1)).argmax(1, keepdim: true);
    }

    /// <summary>The slots of the k rows that stay, in the order of their positions.</summary>
    /// <param name="rule">Which ones.</param>
    /// <param name="limit">k, less than the number of rows.</param>
    /// <param name="scores">What the rule compares, <c>[rows]</c>, float32.</param>
    /// <param name="positions"><c>[rows]</c>.</param>
    /// <returns><c>[k]</c>.</returns>
    public static Tensor Kept(KeepRule rule, int limit, Tensor scores, Tensor positions)
    {
        Tensor byAge = torch.sort(positions, 0).indices;
        long rows = positions.size(0);
        int first = rule.FirstOf(limit), newest = rule.NewestOf(limit);

        // A stable sort of scores in the order of age: of equal ones the older comes first.
        Tensor compared = scores.index_select(0, byAge.narrow(0, first, rows - first - newest));
        Tensor highest = torch.sort(compared, 0, descending: true, stable: true).indices.narrow(0, 0, limit - first - newest);
        Tensor places = torch.sort(highest, 0).values;
        if (first > 0)
            places = torch.cat([torch.arange(first, dtype: torch.int64, device: places.device), places + first], 0);
        if (newest > 0)
            places = torch.cat([places, torch.arange(rows - newest, rows, dtype: torch.int64, device: places.device)], 0);
        return byAge.index_select(0, places);
    }
}

using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>The rows of a wave of one token per sequence in the order of their states, so that neighbours in a slab, which are computed
/// together, follow each other.</summary>
internal sealed class StepOrder
{
    private readonly int[] _rows;
    private readonly bool _isWaveOrder = true;

    /// <param name="blocks">The wave's blocks, one row each.</param>
    /// <param name="slotOf">The place of a block's state.</param>
    /// <param name="kindOf">What neighbours must have in common, with an equality of its own.</param>
    public StepOrder(ReadOnlySpan<Block> blocks, Func<Block, Slot> slotOf, Func<Block, object> kindOf)
    {
        int n = blocks.Length;
        _rows = new int[n];
        (int Group, int Index)[] places = new (int, int)[n];
        Dictionary<(Slab, object), int> groups = [];
        for (int row = 0; row < n; row++)
        {
            Slot slot = slotOf(blocks[row]);
            (Slab, object) key = (slot.Slab, kindOf(blocks[row]));
            if (!groups.TryGetValue(key, out int group))
                groups.Add(key, group = groups.Count);
            (_rows[row], places[row]) = (row, (group, slot.Index));
        }

        Array.Sort(places, _rows);
        int first = 0;
        for (int i = 1; i <= n; i++)
        {
            if (i < n && places[i] == (places[i - 1].Group, places[i - 1].Index + 1))
                continue;
            Runs.Add(new StepRows(slotOf(blocks[_rows[first]]), first, i - first));
            first = i;
        }

        for (int i = 0; i < n; i++)
            _isWaveOrder &= _rows[i] == i;
    }

    /// <summary>The neighbours, in the order of the rows.</summary>
    public List<StepRows> Runs { get; } = [];

    /// <summary>The row in the wave of a row in this order.</summary>
    public int RowInWave(int row) => _rows[row];

    /// <summary>Gives rows in the wave's order.</summary>
    /// <param name="x">Rows in this order, <c>[n × d]</c>.</param>
    /// <returns><c>[n × d]</c>.</returns>
    public Tensor ToWave(Tensor x)
    {
        if (_isWaveOrder)
            return x;
        long[] places = new long[_rows.Length];
        for (int i = 0; i < places.Length; i++)
            places[_rows[i]] = i;
        return x.index_select(0, torch.tensor(places, torch.int64, x.device));
    }
}

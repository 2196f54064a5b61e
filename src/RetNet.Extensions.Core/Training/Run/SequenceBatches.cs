namespace RetNet.Extensions.Core.Training.Run;

/// <summary>Shuffled batches of sequences of similar length: each epoch is shuffled, sorted by length within pools of some batches, and its
/// batches are shuffled again.</summary>
internal sealed class SequenceBatches(int[] lengths, int batchSize, int seed)
{
    private const int PoolBatches = 32;

    private readonly int[] _order = new int[lengths.Length];
    private readonly int[] _batchOrder = new int[(lengths.Length + batchSize - 1) / batchSize];
    private long _orderedEpoch = -1;

    /// <summary>Batches of one epoch; the last may be smaller.</summary>
    public int PerEpoch => _batchOrder.Length;

    /// <summary>The sequences of a batch of the endless sequence of epochs.</summary>
    /// <param name="number">The batch's number, from 0 and beyond the first epoch.</param>
    public ReadOnlySpan<int> Batch(long number)
    {
        Order(number / PerEpoch);
        int first = _batchOrder[number % PerEpoch] * batchSize;
        return _order.AsSpan(first, Math.Min(batchSize, _order.Length - first));
    }

    private void Order(long epoch)
    {
        if (epoch == _orderedEpoch)
            return;
        for (int i = 0; i < _order.Length; i++)
            _order[i] = i;
        for (int i = 0; i < _batchOrder.Length; i++)
            _batchOrder[i] = i;
        RandomStream random = new(seed, ~epoch);
        random.Shuffle(_order.AsSpan());
        long pool = (long)PoolBatches * batchSize;
        for (long first = 0; first < _order.Length; first += pool)
        {
            _order.AsSpan((int)first, (int)Math.Min(pool, _order.Length - first))
                .Sort((a, b) => (lengths[a], a).CompareTo((lengths[b], b)));
        }

        random.Shuffle(_batchOrder.AsSpan());
        _orderedEpoch = epoch;
    }
}

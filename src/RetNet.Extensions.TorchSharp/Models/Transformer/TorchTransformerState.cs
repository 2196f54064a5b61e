using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>The rows of a Transformer's state on the device, in a place beside those of other sequences; they move to a larger place when
/// they are too many.</summary>
internal sealed class TorchTransformerState : TransformerState
{
    private readonly TorchDecoderModel _model;
    private readonly RowPools _pools;
    private readonly RowCapacity _capacity;
    private readonly RowBook[] _books;
    private SlotPool? _pool;
    private Slot _slot;

    public TorchTransformerState(
        TorchDecoderModel model, TransformerConfiguration configuration, StateOptions options, RowPools pools)
        : base(model, configuration, options)
    {
        (_model, _pools, _capacity) = (model, pools, new RowCapacity(configuration, options, model.BlockRows));
        _books = new RowBook[configuration.Layers];
        for (int layer = 0; layer < _books.Length; layer++)
            _books[layer] = SharedBook(layer) ?? new RowBook(!IsDecidedOnDevice(layer));
    }

    /// <inheritdoc/>
    public override long ByteSize => RowCapacity.Bytes(Configuration, Format, Capacity);

    /// <summary>The number of rows that every layer has memory for.</summary>
    public int Capacity { get; private set; }

    /// <summary>The place, once there are rows.</summary>
    public Slot Slot => _slot;

    /// <summary>Whether the policy looks at positions only, which the host knows.</summary>
    public bool ReadsNoAttention => Limit is null || Policy.Needs == AttentionNeeds.None;

    /// <summary>Whether the device can decide for the policy, in layers without a sliding window.</summary>
    public bool CutsOnDevice => !ReadsNoAttention && Policy.Rule is not null;

    /// <summary>How rows are chosen: the device does it in the same way for all sequences of a run, where these are equal.</summary>
    public object Cut => ReadsNoAttention ? typeof(AttentionNeeds) : (Policy.Rule, Limit);

    /// <summary>Whether the rows of all layers lie in the same slots, or the device alone knows which, so that the host keeps one
    /// book.</summary>
    public bool HasOneBook => Array.TrueForAll(_books, book => ReferenceEquals(book, _books[0]));

    /// <summary>Whether every layer has its k rows in the first k + 1 slots, without the one in <see cref="RowPools.Gaps"/>; otherwise they
    /// are in the first slots.</summary>
    public bool HasGap { get; set; }

    /// <summary>What the host knows of a layer's rows.</summary>
    public RowBook Book(int layer) => _books[layer];

    /// <summary>A layer's part of one of the slab's tensors, see <see cref="RowPools"/>.</summary>
    /// <returns><c>[G × capacity × w]</c>, <c>[capacity]</c>, or a scalar for the gap; a view.</returns>
    public Tensor View(int tensor, int layer) => _slot.Slab.Tensors[tensor].select(0, layer).select(0, _slot.Index);

    /// <summary>Makes room for a block's rows in every layer.</summary>
    public void Reserve(int rows)
    {
        int needed = MostRows() + rows;
        if (needed > Capacity)
            Move((int)_capacity.For(needed));
    }

    /// <summary>Returns the memory that a prompt needed beyond what decoding needs.</summary>
    public void Trim()
    {
        int rows = Math.Max(MostRows(), _capacity.WhileDecoding);
        if (Capacity > rows)
            Move(rows);
    }

    /// <summary>Moves the last row of every layer into its gap.</summary>
    public void CloseGap()
    {
        if (!HasGap)
            return;
        using DisposeScope scope = torch.NewDisposeScope();
        _model.Guard(() =>
        {
            Tensor last = torch.full([Configuration.Layers, 1], Limit!.Value, torch.int64, _pools.Device);
            RowSlots.Move(_slot.View, last, _slot.View(RowPools.Gaps).unsqueeze(1));
            return HasGap = false;
        });
    }

    protected override long[] ReadPositions(int layer)
    {
        RowBook book = _books[layer];
        if (book.Count == 0)
            return [];
        if (book.KnowsPositions)
            return book.Positions.ToArray();
        using DisposeScope scope = torch.NewDisposeScope();
        return MemoryMarshal.Cast<byte, long>(_model.Guard(() => PositionsOf(layer, book.Count).cpu()).bytes).ToArray();
    }

    protected override void ReadRows(int layer, int first, Span<float> accumulated, Span<byte> rows)
    {
        CloseGap();
        using DisposeScope scope = torch.NewDisposeScope();
        int count = accumulated.Length;
        Tensor sums = _model.Guard(() => View(RowPools.Accumulated, layer).narrow(0, first, count).cpu());
        MemoryMarshal.Cast<byte, float>(sums.bytes).CopyTo(accumulated);
        Tensor both = _model.Guard(() => torch.stack(
            [View(RowPools.Keys, layer).narrow(1, first, count), View(RowPools.Values, layer).narrow(1, first, count)], 2)
            .transpose(0, 1).contiguous().cpu());
        both.bytes.CopyTo(rows);
    }

    protected override void RestoreRows(
        int layer, int first, int total, ReadOnlySpan<long> positions, ReadOnlySpan<float> accumulated, ReadOnlySpan<byte> rows)
    {
        int count = positions.Length;
        if (first + count > Capacity)
            Move((int)_capacity.For(Math.Min(total, Math.Max(first + count, 2L * Capacity))));
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor both = _model.Guard(() => torch.empty(
            [count, Configuration.KeyValueHeads, 2, Configuration.HeadWidth], dtype: RowPools.TypeOf(Format)));
        rows.CopyTo(both.bytes);
        (long[] places, float[] sums) = (positions.ToArray(), accumulated.ToArray());
        _model.Guard(() =>
        {
            View(RowPools.Keys, layer).narrow(1, first, count).copy_(both.select(2, 0).transpose(0, 1));
            View(RowPools.Values, layer).narrow(1, first, count).copy_(both.select(2, 1).transpose(0, 1));
            View(RowPools.Positions, layer).narrow(0, first, count).copy_(torch.tensor(places, torch.int64));
            return View(RowPools.Accumulated, layer).narrow(0, first, count).copy_(torch.tensor(sums, torch.float32));
        });
    }

    protected override void CompleteRows(int layer, long[] positions)
    {
        RowBook book = new(!IsDecidedOnDevice(layer) || !FirstAndNewestFollowEachOther(positions));
        book.Restore(positions);
        _books[layer] = SharedBook(layer, book.IsLike) ?? book;
    }

    /// <inheritdoc/>
    protected override SequenceState ForkCore()
    {
        CloseGap();
        TorchTransformerState copy = new(_model, Configuration, Options, _pools);
        for (int layer = 0; layer < _books.Length; layer++)
        {
            int same = Array.IndexOf(_books, _books[layer]);
            copy._books[layer] = same < layer ? copy._books[same] : _books[layer].Fork();
        }

        if (Capacity == 0)
            return copy;
        copy.Move(Capacity, _slot, Capacity);
        return copy;
    }

    /// <inheritdoc/>
    protected override void ReleaseMemory() => _pool?.Return(_slot);

    /// <summary>Whether the device chooses the rows of a layer that stay, so that the host does not know their positions.</summary>
    private bool IsDecidedOnDevice(int layer) => CutsOnDevice && Configuration.SlidingWindow(layer) is null;

    /// <summary>The device finds the first and the newest rows by their positions, which follow each other unless another policy dropped
    /// some before.</summary>
    private bool FirstAndNewestFollowEachOther(long[] positions)
    {
        if (Limit is not { } limit || Policy.Rule is not { } rule)
            return true;
        int first = Math.Min(rule.FirstOf(limit), positions.Length), newest = Math.Min(rule.NewestOf(limit), positions.Length);
        return positions.Count(position => position < first) == first
            && positions.Count(position => position >= Position - newest) == newest;
    }

    /// <summary>The book of an earlier layer whose rows are always the same; null where there is none.</summary>
    private RowBook? SharedBook(int layer, Func<RowBook, bool>? isSame = null)
    {
        if (Policy.Rule is null)
            return null;
        for (int other = 0; other < layer; other++)
        {
            int? window = Configuration.SlidingWindow(layer);
            bool decidesAlike = window == Configuration.SlidingWindow(other) && (window is null || ReadsNoAttention);
            if (decidesAlike && (ReadsNoAttention || !_books[other].KnowsPositions) && isSame?.Invoke(_books[other]) != false)
                return _books[other];
        }

        return null;
    }

    private int MostRows() => _books.Max(book => book.Count);

    /// <summary>Moves to a place of another size.</summary>
    private void Move(int capacity)
    {
        CloseGap();
        Move(capacity, _slot, Math.Min(Capacity, capacity));
    }

    /// <summary>Takes a place, with the first rows of another one, instead of the present place.</summary>
    private void Move(int capacity, Slot source, int rows)
    {
        SlotPool pool = _pools.For(Format, capacity);
        Slot place = pool.Rent(place => _model.Guard(() =>
        {
            // The product of a weight of 0 and a value that another sequence left here must be 0, so the memory is cleared.
            place.View(RowPools.Values).zero_();
            for (int tensor = RowPools.Keys; rows > 0 && tensor <= RowPools.Accumulated; tensor++)
            {
                int dimension = tensor is RowPools.Keys or RowPools.Values ? 2 : 1;
                place.View(tensor).narrow(dimension, 0, rows).copy_(source.View(tensor).narrow(dimension, 0, rows));
            }

            return place;
        }));
        _pool?.Return(_slot);
        (_pool, _slot, Capacity) = (pool, place, capacity);
    }

    /// <summary>The positions of a layer's rows, <c>[rows]</c>.</summary>
    private Tensor PositionsOf(int layer, int rows)
    {
        Tensor positions = View(RowPools.Positions, layer).narrow(0, 0, rows);
        if (!HasGap)
            return positions;
        Tensor last = View(RowPools.Positions, layer).narrow(0, rows, 1), gap = View(RowPools.Gaps, layer);
        Tensor slots = torch.arange(rows, dtype: torch.int64, device: _pools.Device);
        return torch.where(slots == gap, last, positions);
    }
}

using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Transformer.Attention;

namespace RetNet.Extensions.Core.Models.Transformer.Managed;

/// <summary>The rows of a Transformer's state in this process's memory.</summary>
internal sealed unsafe class ManagedTransformerState : TransformerState
{
    private readonly LayerRows?[] _layers;
    private bool _sharesRows;

    public ManagedTransformerState(LanguageModel model, TransformerConfiguration configuration, StateOptions options)
        : base(model, configuration, options)
    {
        _layers = new LayerRows?[configuration.Layers];
    }

    /// <inheritdoc/>
    public override long ByteSize
    {
        get
        {
            long bytes = 0;
            foreach (LayerRows? layer in _layers)
                bytes += layer?.ByteSize ?? 0;
            return bytes;
        }
    }

    /// <summary>The most bytes that a state holds until it has seen a number of tokens, whatever the pieces in which they are
    /// fed.</summary>
    public static long MostBytes(TransformerConfiguration c, StateOptions options, long tokens)
    {
        int? limit = options.Policy.Size.Resolve(c.ContextLength);
        long bytes = 0;
        for (int layer = 0; layer < c.Layers; layer++)
        {
            int? window = c.SlidingWindow(layer);
            long needed = Math.Min(tokens, MostRows(options, limit, window, LanguageModel.DefaultBlockRows));
            if (needed > 0)
                bytes += LayerRows.Bytes(c.KeyValueHeads, c.HeadWidth, options.Format, Room(needed, needed, options, limit, window));
        }

        return bytes;
    }

    internal override bool CanReturn => Configuration.RotaryScaling?.LengthOfSwitch is null
        && !Enumerable.Range(0, Configuration.Layers).Any(DropsRows);

    public LayerRows Layer(int layer) =>
        _layers[_sharesRows ? 0 : layer] ??= new LayerRows(Configuration.KeyValueHeads, Configuration.HeadWidth, Format);

    /// <summary>The rows of a layer that is about to get those of a block: none, if the layer before had them.</summary>
    public LayerRows BeginLayer(int layer)
    {
        LayerRows rows = Layer(layer);
        if (_sharesRows)
            rows.DropNewest(rows.Count);
        return rows;
    }

    /// <summary>Makes room for a block's rows in every layer and, where there is too little, for the rest of its input until the next cut
    /// at once: rows that moved whenever a part of a long prompt was read took a seventh of its time.</summary>
    /// <remarks>A block that is a whole sequence, of which nothing is remembered, has the rows of one layer after the other in the same
    /// place: short texts that are embedded took up to a third longer when each layer had memory of its own.</remarks>
    public void Reserve(in Block block)
    {
        _sharesRows = block.IsWholeSequence;
        if (_sharesRows)
        {
            if (Layer(0).Capacity < block.Rows)
                Layer(0).Resize(block.Rows);
            return;
        }

        for (int layer = 0; layer < _layers.Length; layer++)
            Reserve(layer, block.Rows, block.RowsToCut);
    }

    /// <summary>Whether a layer drops rows while it decodes: the tokens of a draft then come one after the other.</summary>
    public bool DropsRows(int layer) => Limit is not null || Configuration.SlidingWindow(layer) is not null;

    /// <summary>Makes room for the tokens of a draft, apart from those for which a layer drops rows.</summary>
    public void ReserveDraft(int tokens)
    {
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            int free = RowsWhileDecoding(Limit, Configuration.SlidingWindow(layer)) - Layer(layer).Count;
            int rows = Math.Min(tokens, Math.Max(free, 1));
            Reserve(layer, rows, rows);
        }
    }

    /// <summary>Turns the state into the one after the first tokens of a draft.</summary>
    /// <param name="tokens">The draft's tokens.</param>
    /// <param name="seen">How many of them were seen.</param>
    /// <param name="undo">What the tokens changed in layers that drop rows.</param>
    public void EndDraft(int tokens, int seen, DraftUndo undo)
    {
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            if (DropsRows(layer))
                undo.Restore(Layer(layer), seen);
            else
                Layer(layer).DropNewest(tokens - seen);
        }
    }

    /// <summary>Returns the memory that a prompt needed beyond what decoding needs.</summary>
    public void Trim()
    {
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            int rows = Math.Max(Layer(layer).Count, RowsWhileDecoding(Limit, Configuration.SlidingWindow(layer)));
            if (Layer(layer).Capacity > rows)
                Layer(layer).Resize(rows);
        }
    }

    protected internal override long[] ReadPositions(int layer) =>
        new ReadOnlySpan<long>(Layer(layer).Positions, Layer(layer).Count).ToArray();

    protected internal override void ReadRows(int layer, int first, Span<float> accumulated, Span<byte> rows)
    {
        LayerRows source = Layer(layer);
        new ReadOnlySpan<float>(source.Accumulated + first, accumulated.Length).CopyTo(accumulated);
        int rowBytes = rows.Length / accumulated.Length;
        for (int i = 0; i < accumulated.Length; i++)
            source.ReadRow(first + i, rows.Slice(i * rowBytes, rowBytes));
    }

    protected internal override void RestoreRows(
        int layer, int first, int total, ReadOnlySpan<long> positions, ReadOnlySpan<float> accumulated, ReadOnlySpan<byte> rows)
    {
        LayerRows target = Layer(layer);
        int rowBytes = rows.Length / positions.Length;
        for (int i = 0; i < positions.Length; i++)
        {
            if (target.Count == target.Capacity)
                target.Resize(Math.Min(total, Math.Max(64, target.Capacity * 2)));
            target.Append(positions[i], rows.Slice(i * rowBytes, rowBytes));
            target.Accumulated[target.Count - 1] = accumulated[i];
        }
    }

    protected internal override void CompleteRows(int layer, long[] positions) => Layer(layer).SortOrder();

    /// <inheritdoc/>
    protected override SequenceState ForkCore()
    {
        ManagedTransformerState copy = new(Model, Configuration, Options);
        try
        {
            for (int layer = 0; layer < _layers.Length; layer++)
                Layer(layer).CopyTo(copy.Layer(layer));
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    private protected override void ReturnCore(long position)
    {
        for (int layer = 0; layer < _layers.Length; layer++)
            Layer(layer).DropNewest(checked((int)(Position - position)));
    }

    /// <inheritdoc/>
    protected override void ReleaseMemory()
    {
        foreach (LayerRows? layer in _layers)
            layer?.Dispose();
    }

    private void Reserve(int layer, int rows, int rowsToCut)
    {
        LayerRows held = Layer(layer);
        int needed = held.Count + rows;
        if (needed <= held.Capacity)
            return;
        int? window = Configuration.SlidingWindow(layer);
        long most = MostRows(Options, Limit, window, LanguageModel.DefaultBlockRows);
        long whole = Math.Max(needed, Math.Min(held.Count + (long)rowsToCut, most));
        held.Resize((int)Room(whole, Math.Max(held.Capacity, whole - rows), Options, Limit, window));
    }

    /// <summary>The rows that a layer gets memory for when it needs more than it has: some in advance, but never more than it can
    /// need.</summary>
    private static long Room(long needed, long capacity, StateOptions options, int? limit, int? slidingWindow)
    {
        int decoding = RowsWhileDecoding(limit, slidingWindow);
        return Math.Max(
            needed, Math.Min(
                Grown(capacity), needed <= decoding ? decoding : MostRows(options, limit, slidingWindow, LanguageModel.DefaultBlockRows)));
    }

    // Memory grows by an eighth: a row is then copied eight times in all, which is little beside being read in every step.
    private static long Grown(long rows) => rows + Math.Max(64, rows / 8);
}

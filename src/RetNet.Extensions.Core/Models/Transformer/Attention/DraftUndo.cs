using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Models.Transformer.Attention;

/// <summary>What the tokens of a forward's drafts changed in layers that drop rows, so that it can be undone.</summary>
/// <remarks>
/// Such a layer sees the tokens of a draft one after the other, and drops rows in between as in single steps. Before each token but the
/// first, which is certain, the bookkeeping of the layer's rows is copied, and of the keys and values the rows in whose places others move.
/// Its memory grows to what the drafts need and is kept.
/// </remarks>
internal sealed unsafe class DraftUndo : IDisposable
{
    private readonly NativeBuffer<byte> _saved = new(0);
    private readonly Dictionary<LayerRows, int> _last = [];
    private readonly List<Change> _changes = [];
    private long _savedBytes;

    public long ByteSize => _saved.ByteSize;

    /// <summary>Begins another forward.</summary>
    public void Clear()
    {
        _last.Clear();
        _changes.Clear();
        _savedBytes = 0;
    }

    /// <summary>Saves what a token of a draft is about to change.</summary>
    /// <param name="rows">The layer.</param>
    /// <param name="ahead">How many tokens of the draft come before.</param>
    public void BeginToken(LayerRows rows, int ahead)
    {
        Change change = Add(rows, new Change { Ahead = ahead, Count = rows.Count }, rows.FactsBytes);
        rows.ReadFacts(new Span<byte>(_saved.Pointer + change.Saved, rows.FactsBytes));
    }

    /// <summary>Saves the row of a slot before another row moves there, if its layer is one that a draft changes.</summary>
    public void BeginMove(LayerRows rows, int from, int to)
    {
        if (!_last.TryGetValue(rows, out int last))
            return;
        Change change = Add(rows, new Change { Ahead = _changes[last].Ahead, From = from, To = to, IsMove = true }, rows.SlotBytes);
        rows.ReadRow(to, new Span<byte>(_saved.Pointer + change.Saved, rows.SlotBytes));
    }

    /// <summary>Restores a layer to what it was after the first tokens of a draft.</summary>
    public void Restore(LayerRows rows, int tokens)
    {
        int index = _last.GetValueOrDefault(rows, -1);
        for (; index >= 0 && _changes[index].Ahead >= tokens; index = _changes[index].Before)
        {
            Change change = _changes[index];
            byte* saved = _saved.Pointer + change.Saved;
            if (change.IsMove)
                rows.MoveBack(change.From, change.To, new ReadOnlySpan<byte>(saved, rows.SlotBytes));
            else
                rows.WriteFacts(change.Count, saved);
        }
    }

    public void Dispose() => _saved.Dispose();

    private Change Add(LayerRows rows, Change change, int bytes)
    {
        change = change with { Before = _last.GetValueOrDefault(rows, -1), Saved = _savedBytes };
        _last[rows] = _changes.Count;
        _changes.Add(change);
        _savedBytes += bytes;
        _saved.Grow(_savedBytes);
        return change;
    }

    /// <summary>A change of a layer.</summary>
    private readonly record struct Change
    {
        /// <summary>The number of the layer's change before it; −1 for none.</summary>
        public int Before { get; init; }

        /// <summary>The place of the token in its draft.</summary>
        public int Ahead { get; init; }

        /// <summary>Whether a row moved; otherwise a token began.</summary>
        public bool IsMove { get; init; }

        /// <summary>The slot that the row left.</summary>
        public int From { get; init; }

        /// <summary>The slot where it moved.</summary>
        public int To { get; init; }

        /// <summary>The number of rows before the token.</summary>
        public int Count { get; init; }

        /// <summary>Where the copy begins.</summary>
        public long Saved { get; init; }
    }
}

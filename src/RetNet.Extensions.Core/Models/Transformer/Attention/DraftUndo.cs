using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Models.Transformer.Attention;

/// <summary>What the tokens of a forward's drafts changed in layers that drop rows, so that it can be undone.</summary>
/// <remarks>
/// Such a layer sees the tokens of a draft one after the other, and drops rows in between as in single steps. Before each token but the
/// first, which is certain, the bookkeeping of the layer's rows is copied. Of the keys and values those are copied in whose places others
/// move, and those that were dropped where they lie, before the row of a token is written there.
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
        int most = _last.TryGetValue(rows, out int last) ? Math.Max(_changes[last].Most, rows.Count) : rows.Count;
        Change begins = new() { Ahead = ahead, Count = rows.Count, Most = most };
        Change change = Add(rows, begins, rows.FactsBytes + (begins.Overwrites ? rows.SlotBytes : 0));
        byte* saved = _saved.Pointer + change.Saved;
        rows.ReadFacts(new Span<byte>(saved, rows.FactsBytes));
        if (change.Overwrites)
            rows.ReadRow(rows.Count, new Span<byte>(saved + rows.FactsBytes, rows.SlotBytes));
    }

    /// <summary>Saves the row of a slot before another row moves there, if its layer is one that a draft changes.</summary>
    public void BeginMove(LayerRows rows, int from, int to)
    {
        if (!_last.TryGetValue(rows, out int last))
            return;
        Change change = Add(rows, _changes[last] with { From = from, To = to, IsMove = true }, rows.SlotBytes);
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
            {
                rows.MoveBack(change.From, change.To, new ReadOnlySpan<byte>(saved, rows.SlotBytes));
                continue;
            }

            rows.WriteFacts(change.Count, saved);
            if (change.Overwrites)
                rows.WriteRow(change.Count, new ReadOnlySpan<byte>(saved + rows.FactsBytes, rows.SlotBytes));
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

        /// <summary>The most rows before this token or an earlier one of the draft.</summary>
        public int Most { get; init; }

        /// <summary>Whether the token's row is written where an earlier token still had one.</summary>
        public bool Overwrites => Count < Most;

        /// <summary>Where the copy begins.</summary>
        public long Saved { get; init; }
    }
}

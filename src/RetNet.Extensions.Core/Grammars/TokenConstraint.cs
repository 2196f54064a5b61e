using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars;

/// <summary>
/// A grammar applied to the tokens of a vocabulary: a token is allowed where its bytes may follow and some text leads from there to the
/// grammar's end. Thread-safe. Texts of several requests share one, and with it what was worked out about the grammar.
/// </summary>
[Experimental("RETNET001")]
public sealed class TokenConstraint
{
    private readonly Lock _gate = new();
    private readonly TokenTrie _vocabulary;
    private readonly MaskCache _masks;
    private readonly int[] _path;
    private readonly int[] _endTokens;

    // Null until a text needs it.
    private ParseTable? _table;
    private long _heldBytes;
    private long _lastUse = Stopwatch.GetTimestamp();

    /// <summary>Applies a grammar to a vocabulary.</summary>
    /// <param name="grammar">The grammar.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="endTokens">The tokens that end a text; null: the tokenizer's own.</param>
    /// <exception cref="GrammarException">The grammar is too complex, or a rule begins with itself.</exception>
    public TokenConstraint(Grammar grammar, TokenTrie vocabulary, IEnumerable<int>? endTokens = null)
    {
        ArgumentNullException.ThrowIfNull(grammar);
        ArgumentNullException.ThrowIfNull(vocabulary);
        Grammar = grammar;
        _vocabulary = vocabulary;
        _endTokens = [.. endTokens ?? (vocabulary.EndOfSequenceId is { } end ? [end] : [])];
        if (Array.Exists(_endTokens, token => (uint)token >= (uint)vocabulary.VocabularySize))
            throw new ArgumentOutOfRangeException(nameof(endTokens), "An end token is not in the vocabulary.");
        _masks = new MaskCache(MaskLength);
        _path = new int[Math.Max(vocabulary.Depth, vocabulary.First.Depth) + 1];
        Table();
    }

    /// <summary>The grammar.</summary>
    public Grammar Grammar { get; }

    /// <summary>About the bytes of what was worked out.</summary>
    internal long HeldBytes => Volatile.Read(ref _heldBytes);

    /// <summary>When a text was begun or went on last, in ticks of <see cref="Stopwatch"/>.</summary>
    internal long LastUse => Volatile.Read(ref _lastUse);

    /// <summary>Bits of a mask: the vocabulary's size.</summary>
    public int VocabularySize => _vocabulary.VocabularySize;

    internal int MaskLength => TrieSlice.MaskLength(VocabularySize);

    /// <summary>A text of the grammar, of which nothing is written yet.</summary>
    public ConstrainedText CreateText() => CreateText(isFirst: true, new TextWork());

    /// <summary>A text of the grammar.</summary>
    /// <param name="isFirst">Whether its first token is the first that is decoded, before which a tokenizer may drop a space.</param>
    /// <param name="work">What was worked out for it before.</param>
    internal ConstrainedText CreateText(bool isFirst, TextWork work)
    {
        lock (_gate)
        {
            Volatile.Write(ref _lastUse, Stopwatch.GetTimestamp());
            ParseTable table = Table();
            return new ConstrainedText(this, new ParsePosition(table, table.StartState, work), isFirst);
        }
    }

    /// <summary>Whether bytes may begin a text, which is not written.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="work">What is worked out for the text that asks.</param>
    internal bool MayBeginWith(ReadOnlySpan<byte> bytes, TextWork work)
    {
        lock (_gate)
        {
            ParseTable table = Table();
            ParsePosition position = new(table, table.StartState, work);
            return TryAppend(ref position, bytes);
        }
    }

    /// <summary>Lets go of what was worked out. Texts go on; it is worked out anew as far as they need it.</summary>
    internal void Forget()
    {
        lock (_gate)
        {
            _table = null;
            _masks.Clear();
            Volatile.Write(ref _heldBytes, 0);
        }
    }

    /// <summary>Whether a token ends a text.</summary>
    internal bool IsEndToken(int token) => Array.IndexOf(_endTokens, token) >= 0;

    internal bool MayEnd(ref ParsePosition position)
    {
        lock (_gate)
            return Current(ref position).MayEnd(position.State);
    }

    internal bool MustEnd(ref ParsePosition position)
    {
        lock (_gate)
            return Current(ref position).IsFinished(position.State);
    }

    /// <summary>Appends bytes, all or none.</summary>
    internal bool TryAppend(ref ParsePosition position, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            ParseTable table = Current(ref position);
            int state = position.State;
            foreach (byte next in bytes)
            {
                state = table.Next(state, next);
                if (state == ParseTable.Dead)
                    return false;
            }

            position = position with { State = state };
            return true;
        }
    }

    /// <summary>Appends what a token writes.</summary>
    internal bool TryAppendToken(ref ParsePosition position, int token, bool isFirst) =>
        (isFirst ? _vocabulary.First : _vocabulary).Bytes(token) is { Length: > 0 } bytes && TryAppend(ref position, bytes);

    /// <summary>The bytes that must follow, as many as fit.</summary>
    internal int ForcedBytes(ref ParsePosition position, Span<byte> bytes)
    {
        lock (_gate)
        {
            ParseTable table = Current(ref position);
            int state = position.State, count = 0;
            for (; count < bytes.Length && table.ForcedByte(state) is >= 0 and int forced; count++)
            {
                bytes[count] = (byte)forced;
                state = table.Next(state, (byte)forced);
            }

            return count;
        }
    }

    /// <summary>The tokens that may follow.</summary>
    /// <param name="position">Where the text stands.</param>
    /// <param name="isFirst">Whether the next token is the text's first.</param>
    /// <param name="mask">[words] a bit per token, overwritten.</param>
    internal void ReadMask(ref ParsePosition position, bool isFirst, Span<ulong> mask)
    {
        lock (_gate)
        {
            ParseTable table = Current(ref position);
            TokenTrie vocabulary = isFirst ? _vocabulary.First : _vocabulary;
            int key = vocabulary == _vocabulary ? position.State : ~position.State;
            if (!_masks.TryGet(key, out ulong[] known))
                Compute(key, table, position.State, vocabulary, known);
            known.CopyTo(mask);
        }
    }

    private void Compute(int key, ParseTable table, int state, TokenTrie vocabulary, ulong[] mask)
    {
        try
        {
            int reach = table.PlainReach(state);
            foreach (TrieSlice slice in vocabulary.Slices)
            {
                if (slice.PlainLength <= reach)
                    TensorPrimitives.BitwiseOr(mask, slice.Mask, mask);
                else
                    slice.Walk(table, state, _path, mask);
            }
        }
        catch
        {
            // The mask is not whole.
            _masks.Forget(key);
            throw;
        }

        CountHeld(table);
        if (!table.MayEnd(state))
            return;
        foreach (int token in _endTokens)
            mask[token >> 6] |= 1UL << (token & 63);
    }

    /// <summary>The table in use, with the position in it: one that has grown too far is replaced.</summary>
    private ParseTable Current(ref ParsePosition position)
    {
        Volatile.Write(ref _lastUse, Stopwatch.GetTimestamp());
        ParseTable table = Table();
        table.BeginWork(position.Work);
        if (position.Table != table)
            position = position with { Table = table, State = table.Import(position.Table, position.State) };
        CountHeld(table);
        return table;
    }

    private ParseTable Table()
    {
        if (_table is { IsFull: false })
            return _table;
        _masks.Clear();
        _table = new ParseTable(Grammar.Start);
        CountHeld(_table);
        return _table;
    }

    private void CountHeld(ParseTable table) => Volatile.Write(ref _heldBytes, table.ByteSize + _masks.ByteSize);
}

/// <summary>Where a text stands: a state of a table; and what it took to come there.</summary>
internal readonly record struct ParsePosition(ParseTable Table, int State, TextWork Work);

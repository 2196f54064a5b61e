using System.Buffers;
using System.Collections.Concurrent;
using System.Text;

namespace RetNet.Extensions.Core.Tokenizers.Models;

/// <summary>
/// Byte-pair encoding of one piece (Sennrich et al. 2016), as the tokenizers library does it: the merge of the lowest rank first, the
/// leftmost of equals. A linked list of symbols and a queue of candidate merges make it O(n log n).
/// </summary>
internal sealed class BytePairModel : TokenizerModel
{
    private const int LongestCachedPiece = 64;
    private const int CacheCapacity = 32_768;

    /// <summary>The unknown token has a name that is no token: texts with unknown characters are refused.</summary>
    public const int MissingUnknown = -1;

    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _vocabularyBySpan;
    private readonly MergeTable _merges;
    private readonly int[]? _byteIds;
    private readonly int? _unknownId;
    private readonly bool _fuseUnknown;
    private readonly bool _ignoreMerges;
    private readonly ConcurrentDictionary<string, int[]> _cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _cacheBySpan;
    private int _cached;

    /// <param name="vocabulary">Token text to id.</param>
    /// <param name="merges">The merges, ranked in the order of the file.</param>
    /// <param name="byteIds">The ids of <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> (−1 where absent) if characters fall back to bytes, else
    /// null.</param>
    /// <param name="unknownId">The unknown token, or <see cref="MissingUnknown"/>; null drops unknown characters.</param>
    /// <param name="fuseUnknown">One unknown token for a run of unknown characters.</param>
    /// <param name="ignoreMerges">A piece that is itself in the vocabulary is taken whole.</param>
    public BytePairModel(
        Dictionary<string, int> vocabulary, MergeTable merges,
        int[]? byteIds, int? unknownId, bool fuseUnknown, bool ignoreMerges)
    {
        _vocabularyBySpan = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _merges = merges;
        _byteIds = byteIds;
        _unknownId = unknownId;
        _fuseUnknown = fuseUnknown;
        _ignoreMerges = ignoreMerges;
        _cacheBySpan = _cache.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (_ignoreMerges && _vocabularyBySpan.TryGetValue(piece, out int whole))
        {
            ids.Add(whole);
            return;
        }

        if (piece.Length > LongestCachedPiece)
        {
            Merge(piece, ids);
            return;
        }

        if (_cacheBySpan.TryGetValue(piece, out int[]? cached))
        {
            ids.AddRange(cached);
            return;
        }

        int first = ids.Count;
        Merge(piece, ids);
        if (_cached < CacheCapacity && _cacheBySpan.TryAdd(piece, ids[first..].ToArray()))
            Interlocked.Increment(ref _cached);
    }

    private void Merge(ReadOnlySpan<char> piece, List<int> ids)
    {
        // A character outside the vocabulary may become up to four byte tokens, or three for one UTF-16 unit.
        Symbol[] symbols = ArrayPool<Symbol>.Shared.Rent(piece.Length * 3);
        int count = Characters(piece, symbols);
        Link(symbols, count);

        PriorityQueue<int, ulong> candidates = new(count);
        for (int i = 0; i + 1 < count; i++)
            AddCandidate(candidates, symbols, i, i + 1);
        while (candidates.TryDequeue(out int merged, out ulong priority))
        {
            int left = (int)(uint)priority;
            int right = symbols[left].Next;
            // The pair may have changed since it was queued; as in the reference, it counts if it still merges into the same token.
            if (symbols[left].Removed || right < 0 || !_merges.TryGet(symbols[left].Id, symbols[right].Id, out _, out int current)
                || current != merged)
            {
                continue;
            }

            symbols[left].Id = merged;
            symbols[right].Removed = true;
            int next = symbols[left].Next = symbols[right].Next;
            if (next >= 0)
            {
                symbols[next].Previous = left;
                AddCandidate(candidates, symbols, left, next);
            }

            if (symbols[left].Previous >= 0)
                AddCandidate(candidates, symbols, symbols[left].Previous, left);
        }

        for (int i = 0; i < count; i++)
        {
            if (!symbols[i].Removed)
                ids.Add(symbols[i].Id);
        }

        ArrayPool<Symbol>.Shared.Return(symbols);
    }

    private void AddCandidate(PriorityQueue<int, ulong> candidates, Symbol[] symbols, int left, int right)
    {
        if (_merges.TryGet(symbols[left].Id, symbols[right].Id, out int rank, out int merged))
            candidates.Enqueue(merged, ((ulong)(uint)rank << 32) | (uint)left);
    }

    private static void Link(Symbol[] symbols, int count)
    {
        for (int i = 0; i < count; i++)
        {
            symbols[i].Previous = i - 1;
            symbols[i].Next = i + 1 < count ? i + 1 : -1;
            symbols[i].Removed = false;
        }
    }

    /// <summary>One symbol per character, byte or unknown. A pending unknown is written before the next known character, as the reference
    /// does.</summary>
    private int Characters(ReadOnlySpan<char> piece, Symbol[] symbols)
    {
        int count = 0;
        bool unknownPending = false;
        Span<byte> utf8 = stackalloc byte[4];
        while (piece.Length > 0)
        {
            Rune.DecodeFromUtf16(piece, out Rune rune, out int length);
            ReadOnlySpan<char> character = piece[..length];
            piece = piece[length..];
            if (_vocabularyBySpan.TryGetValue(character, out int id))
            {
                if (unknownPending)
                    symbols[count++].Id = _unknownId!.Value;
                unknownPending = false;
                symbols[count++].Id = id;
            }
            else if (_byteIds is not null && HasBytes(utf8[..rune.EncodeToUtf8(utf8)]))
            {
                foreach (byte value in utf8[..rune.Utf8SequenceLength])
                    symbols[count++].Id = _byteIds[value];
            }
            else if (_unknownId is { } unknown)
            {
                if (unknown == MissingUnknown)
                    throw new UnknownTextException();
                if (unknownPending && !_fuseUnknown)
                    symbols[count++].Id = unknown;
                unknownPending = true;
            }
        }

        if (unknownPending)
            symbols[count++].Id = _unknownId!.Value;
        return count;
    }

    private bool HasBytes(ReadOnlySpan<byte> utf8)
    {
        foreach (byte value in utf8)
        {
            if (_byteIds![value] < 0)
                return false;
        }

        return true;
    }

    private struct Symbol
    {
        public int Id;
        public int Previous;
        public int Next;
        public bool Removed;
    }
}

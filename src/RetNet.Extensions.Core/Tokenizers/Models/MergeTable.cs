using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Tokenizers.Models;

/// <summary>
/// Pairs of token ids and the tokens that they merge into: a hash table with open addressing, because most of the work of encoding is a
/// lookup for every pair of neighbours.
/// </summary>
internal sealed class MergeTable
{
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15; // 2^64 / golden ratio: Fibonacci hashing
    private const int EmptyRank = -1;

    private Entry[] _entries;
    private int _shift;

    /// <param name="capacity">How many merges will be added; more are taken too.</param>
    public MergeTable(int capacity) => Allocate(Math.Max(16, 2 * capacity));

    /// <summary>The next rank.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a merge with the next rank, unless the pair is there already.</summary>
    /// <returns>False if the pair is there already.</returns>
    public bool TryAdd(int left, int right, int merged)
    {
        if (Find(left, right).Rank != EmptyRank)
            return false;
        Set(left, right, merged);
        return true;
    }

    /// <summary>Adds a merge with the next rank, in place of another of the same pair.</summary>
    public void Set(int left, int right, int merged)
    {
        Find(left, right) = new Entry(Key(left, right), Count++, merged);
        if (2 * Count > _entries.Length)
            Grow();
    }

    public bool TryGet(int left, int right, out int rank, out int merged)
    {
        ref Entry entry = ref Find(left, right);
        rank = entry.Rank;
        merged = entry.Merged;
        return rank != EmptyRank;
    }

    [MemberNotNull(nameof(_entries))]
    private void Allocate(int size)
    {
        _entries = new Entry[(int)BitOperations.RoundUpToPowerOf2((uint)size)];
        _shift = 64 - BitOperations.Log2((uint)_entries.Length);
        Array.Fill(_entries, new Entry(0, EmptyRank, 0));
    }

    private void Grow()
    {
        Entry[] entries = _entries;
        Allocate(2 * entries.Length);
        foreach (Entry entry in entries)
        {
            if (entry.Rank != EmptyRank)
                Find((int)(entry.Pair >> 32), (int)(uint)entry.Pair) = entry;
        }
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    /// <summary>The pair's entry, or the empty entry for it.</summary>
    private ref Entry Find(int left, int right)
    {
        ulong key = Key(left, right);
        int mask = _entries.Length - 1;
        int index = (int)((key * Multiplier) >> _shift);
        while (true)
        {
            ref Entry entry = ref _entries[index & mask];
            if (entry.Rank == EmptyRank || entry.Pair == key)
                return ref entry;
            index++;
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Entry(ulong Pair, int Rank, int Merged);
}

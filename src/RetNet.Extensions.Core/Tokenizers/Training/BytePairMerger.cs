using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Tokenizers.Training;

/// <summary>
/// The words of a training text as token ids, and the counts of all pairs of neighbours, which each merge updates where it changes
/// something. All rules, including those for odd cases, are those of <c>BpeTrainer::do_train</c> in the tokenizers library.
/// </summary>
internal sealed class BytePairMerger
{
    private readonly List<string> _tokens;
    private readonly Dictionary<string, int> _ids;
    private readonly int _longest;

    // Word i is _symbols[_start[i] .. _start[i] + _length[i]); merging makes it shorter in place.
    private readonly int[] _symbols;
    private readonly int[] _start;
    private readonly int[] _length;
    private readonly long[] _count;

    private readonly Dictionary<Pair, long> _pairCounts = [];
    private readonly Dictionary<Pair, List<int>> _newPositions = [];
    private readonly PriorityQueue<List<int>, Candidate> _queue = new();
    private readonly Dictionary<Pair, int> _merges = [];
    private int _rank;

    /// <param name="words">How often each word occurs, spelt in the byte alphabet.</param>
    /// <param name="tokens">Special tokens and bytes; merged tokens are added.</param>
    /// <param name="firstByte">The id of the first byte; the others follow in the order of their characters.</param>
    /// <param name="longest">Length of the longest token, in bytes.</param>
    public BytePairMerger(Dictionary<string, long> words, List<string> tokens, int firstByte, int longest)
    {
        (_tokens, _longest) = (tokens, longest);
        _ids = tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id, StringComparer.Ordinal);
        int[] byteIds = new int[512];
        for (int id = firstByte; id < tokens.Count; id++)
            byteIds[tokens[id][0]] = id;

        (_start, _length, _count) = (new int[words.Count], new int[words.Count], new long[words.Count]);
        _symbols = new int[words.Keys.Sum(word => word.Length)];
        int word = 0, next = 0;
        foreach ((string text, long count) in words)
        {
            (_start[word], _length[word], _count[word]) = (next, text.Length, count);
            foreach (char character in text)
                _symbols[next++] = byteIds[character];
            for (int i = _start[word] + 1; i < next; i++)
                Change(new Pair(_symbols[i - 1], _symbols[i]), word, 1);
            word++;
        }

        QueueNewPairs();
    }

    /// <summary>The merges that were made, in order; what was merged twice counts as merged the second time.</summary>
    public IEnumerable<(int Left, int Right)> Merges =>
        _merges.OrderBy(merge => merge.Value).Select(merge => (merge.Key.Left, merge.Key.Right));

    /// <summary>Merges the most frequent pair.</summary>
    /// <returns>False if no pair occurs often enough.</returns>
    public bool MergeNext(int minimumFrequency)
    {
        while (_queue.TryDequeue(out List<int>? positions, out Candidate candidate))
        {
            // Counts fall while a pair waits; it is queued again with its current count.
            long count = _pairCounts[candidate.Pair];
            if (count != candidate.Count)
            {
                _queue.Enqueue(positions, candidate with { Count = count });
                continue;
            }

            if (count < minimumFrequency)
                return false;
            Merge(candidate.Pair, positions);
            return true;
        }

        return false;
    }

    private void Merge(Pair pair, List<int> positions)
    {
        // Different merges can spell the same token; then it keeps its id.
        string token = _tokens[pair.Left] + _tokens[pair.Right];
        if (!_ids.TryGetValue(token, out int merged))
        {
            merged = _tokens.Count;
            _tokens.Add(token);
            _ids.Add(token, merged);
        }

        _merges[pair] = _rank++;
        foreach (int word in positions)
            MergeInWord(word, pair, merged);
        QueueNewPairs();
    }

    /// <summary>Replaces a pair in one word and updates the counts of its neighbours: one pass, in place.</summary>
    private void MergeInWord(int word, Pair pair, int merged)
    {
        Span<int> symbols = _symbols.AsSpan(_start[word], _length[word]);
        int mergedLength = _tokens[merged].Length;
        int written = 0;
        for (int i = 0; i < symbols.Length; i++)
        {
            if (i + 1 == symbols.Length || symbols[i] != pair.Left || symbols[i + 1] != pair.Right)
            {
                symbols[written++] = symbols[i];
                continue;
            }

            if (written > 0)
            {
                Change(new Pair(symbols[written - 1], pair.Left), word, -1);
                if (_tokens[symbols[written - 1]].Length + mergedLength <= _longest)
                    Change(new Pair(symbols[written - 1], merged), word, 1);
            }

            i++;
            if (i + 1 < symbols.Length)
            {
                Change(new Pair(pair.Right, symbols[i + 1]), word, -1);
                if (_tokens[symbols[i + 1]].Length + mergedLength <= _longest)
                    Change(new Pair(merged, symbols[i + 1]), word, 1);
            }

            symbols[written++] = merged;
        }

        _length[word] = written;
    }

    private void Change(Pair pair, int word, int change)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_pairCounts, pair, out _) += change * _count[word];
        if (change < 0)
            return;
        List<int> positions = CollectionsMarshal.GetValueRefOrAddDefault(_newPositions, pair, out _) ??= [];

        // The words come in ascending order.
        if (positions.Count == 0 || positions[^1] != word)
            positions.Add(word);
    }

    private void QueueNewPairs()
    {
        foreach ((Pair pair, List<int> positions) in _newPositions)
        {
            if (_pairCounts[pair] > 0)
                _queue.Enqueue(positions, new Candidate(pair, _pairCounts[pair]));
        }

        _newPositions.Clear();
    }

    private readonly record struct Pair(int Left, int Right) : IComparable<Pair>
    {
        public int CompareTo(Pair other) => (Left, Right).CompareTo((other.Left, other.Right));
    }

    private readonly record struct Candidate(Pair Pair, long Count) : IComparable<Candidate>
    {
        public int CompareTo(Candidate other) => Count != other.Count ? other.Count.CompareTo(Count) : Pair.CompareTo(other.Pair);
    }
}

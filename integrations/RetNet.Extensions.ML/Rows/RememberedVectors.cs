using System.Collections.Concurrent;

namespace RetNet.Extensions.ML.Rows;

/// <summary>The vectors of texts that one data view has computed, by the texts, for those who read its rows again and again. Texts that are
/// in it stay, and those for which there is no room are computed each time. Thread-safe.</summary>
/// <remarks>It stays as it is instead of making room, because passes over more rows than it holds would then never find one. It belongs to
/// a view and not to its transformer: it goes with the view, at the end of a fit.</remarks>
/// <param name="mostBytes">What it holds, at most; 0 for nothing.</param>
internal sealed class RememberedVectors(long mostBytes)
{
    /// <summary>Holds the vectors of 150,000 sentences of a model of width 192, or of 40,000 of one of width 768.</summary>
    public const long DefaultBytes = 128 << 20;

    // Objects' headers, the entry of the dictionary and its place in a bucket.
    private const long BytesPerEntry = 200;

    private readonly ConcurrentDictionary<string[], float[]> _vectors = new(new TextsComparer());
    private long _bytes;
    private volatile bool _isFull;

    /// <summary>Whether a vector was not remembered for lack of room.</summary>
    public bool IsFull => _isFull;

    /// <summary>The vectors of rows of texts.</summary>
    /// <param name="rows">The texts of each row.</param>
    /// <param name="compute">Computes those that are not remembered. A vector does not depend on the other rows, so that it is the same,
    /// bit for bit, whether it was remembered or not.</param>
    public float[][] Get(IReadOnlyList<string[]> rows, Func<IReadOnlyList<string[]>, float[][]> compute)
    {
        float[][] vectors = new float[rows.Count][];
        List<string[]> missing = [];
        for (int row = 0; row < vectors.Length; row++)
        {
            if (!_vectors.TryGetValue(rows[row], out vectors[row]!))
                missing.Add(rows[row]);
        }

        if (missing.Count == 0)
            return vectors;
        float[][] computed = compute(missing);
        int next = 0;
        for (int row = 0; row < vectors.Length; row++)
        {
            if (vectors[row] is null)
                Remember(rows[row], vectors[row] = computed[next++]);
        }

        return vectors;
    }

    private void Remember(string[] texts, float[] vector)
    {
        long bytes = BytesPerEntry + ((long)vector.Length * sizeof(float)) + texts.Sum(text => (long)text.Length * sizeof(char));
        bool fits = Interlocked.Add(ref _bytes, bytes) <= mostBytes;
        if (!fits)
            _isFull = true;
        if (!fits || !_vectors.TryAdd(texts, vector))
            Interlocked.Add(ref _bytes, -bytes);
    }

    private sealed class TextsComparer : IEqualityComparer<string[]>
    {
        public bool Equals(string[]? one, string[]? other) => one.AsSpan().SequenceEqual(other);

        public int GetHashCode(string[] texts)
        {
            HashCode hash = default;
            foreach (string text in texts)
                hash.Add(text);
            return hash.ToHashCode();
        }
    }
}

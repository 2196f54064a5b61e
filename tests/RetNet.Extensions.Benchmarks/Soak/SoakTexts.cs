namespace RetNet.Extensions.Benchmarks.Soak;

/// <summary>Texts of different length out of a few words.</summary>
internal sealed class SoakTexts(int seed)
{
    private static readonly string[] Words =
    [
        "the", "a", "little", "big", "red", "old", "dog", "cat", "girl", "boy", "bird", "ball", "tree", "house", "saw", "found", "liked",
        "wanted", "and", "then", "was", "very", "happy", "sad", "with", "to", "play", "run", "in", "park", "day", "one", "said", "mom",
    ];

    private readonly Random _random = new(seed);

    /// <summary>A number below a limit.</summary>
    public int Next(int limit) => _random.Next(limit);

    /// <summary>Three to sixty words.</summary>
    public string Sentence() => string.Join(' ', Enumerable.Range(0, 3 + _random.Next(58)).Select(_ => Words[_random.Next(Words.Length)]));
}

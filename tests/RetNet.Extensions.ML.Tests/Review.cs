namespace RetNet.Extensions.ML.Tests;

/// <summary>A labelled text: of three kinds, liked or not, with a number of stars.</summary>
internal sealed class Review
{
    public string? Sentence1 { get; set; }

    public string? Sentence2 { get; set; }

    public string? Kind { get; set; }

    public bool Liked { get; set; }

    public float Stars { get; set; }

    /// <summary>Rows that a few steps of a tiny model learn to tell apart.</summary>
    public static IReadOnlyList<Review> Rows(int count)
    {
        string[] kinds = ["book", "film", "meal"];
        string[] verdicts = ["awful", "poor", "fine", "great", "superb"];
        return [.. Enumerable.Range(0, count).Select(i => new Review
        {
            Sentence1 = $"This {kinds[i % 3]} was {verdicts[i * 7 % 5]}.",
            Sentence2 = $"It was {verdicts[i * 7 % 5]}, I think.",
            Kind = kinds[i % 3],
            Liked = i * 7 % 5 >= 3,
            Stars = 100 + (10 * (i * 7 % 5)),
        })];
    }
}

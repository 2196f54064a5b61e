namespace RetNet.Extensions.Benchmarks.Load;

/// <summary>What a request asks for; the same case always gives the same text.</summary>
internal sealed record LoadCase(string Prompt, int MaxTokens, long Seed, float Temperature)
{
    private static readonly string[] Subjects = ["a dog", "a red ball", "the old tree", "two girls and a cat", "rain", "mom's big cake"];

    /// <summary>A case that a number stands for.</summary>
    public static LoadCase Create(int number) => new(
        $"Tell me a story about {string.Join(" and ", Enumerable.Repeat(Subjects[number % Subjects.Length], 1 + (number % 7)))}.",
        MaxTokens: 4 + (number * 7 % 40), Seed: number, Temperature: number % 3 == 0 ? 0 : 0.8f);
}

namespace RetNet.Extensions.Fuzz.Mutations;

/// <summary>Where changes come from: chance, and other inputs of the same reader.</summary>
internal sealed class Mutation(Random random, IReadOnlyList<byte[]> seeds)
{
    public Random Random => random;

    /// <summary>Another input, to take parts from.</summary>
    public byte[] Other() => seeds[random.Next(seeds.Count)];

    public T Pick<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];

    /// <summary>True once in some times.</summary>
    public bool OnceIn(int times) => random.Next(times) == 0;

    /// <summary>A number from 0, small ones more often.</summary>
    public int Small(int end) => end <= 1 ? 0 : (int)Math.Min(end - 1, Math.Exp(random.NextDouble() * Math.Log(end)) - 1);
}

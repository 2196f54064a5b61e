namespace RetNet.Extensions.Benchmarks.Models;

/// <summary>The dimensions of a synthetic model. The defaults have 134 million parameters, as a Llama and as a RetNet.</summary>
internal sealed record SyntheticShape
{
    /// <summary>Model width d.</summary>
    public int Width { get; init; } = 768;

    /// <summary>Number of blocks.</summary>
    public int Layers { get; init; } = 12;

    /// <summary>Number of heads, of queries as of keys and values.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>Inner width of a Llama's feed-forward network. A RetNet's has half: its values are twice as wide, which takes as many
    /// parameters.</summary>
    public int FeedForward { get; init; } = 2048;

    /// <summary>Number of experts of a Llama's blocks, each of inner width <see cref="FeedForward"/>; 0 for none.</summary>
    public int Experts { get; init; }

    /// <summary>Number of experts that a token passes.</summary>
    public int ExpertsPerToken { get; init; } = 2;

    /// <summary>Number of tokens of the vocabulary.</summary>
    public int Vocabulary { get; init; } = 32000;

    /// <summary>Whether a Llama's language-model head is its embedding.</summary>
    public bool IsTied { get; init; }

    /// <summary>The longest text, in tokens.</summary>
    public int Context { get; init; } = 8192;

    public int HeadWidth => Width / Heads;

    /// <summary>Bytes of keys and values per token in a cache of <paramref name="bytesPerValue"/>.</summary>
    public long CacheBytesPerToken(int bytesPerValue) => 2L * Layers * Width * bytesPerValue;

    /// <summary>Refuses dimensions that do not fit each other or the formats.</summary>
    /// <param name="block">Values of a block of the format that matrices are stored in.</param>
    /// <exception cref="ArgumentException">The message names the option.</exception>
    public void Validate(int block)
    {
        if (Width < 1 || Heads < 1 || Width % (2 * Heads) != 0)
            throw new ArgumentException($"--dim is {Width}; expected a multiple of {2 * Heads}, an even width for each of {Heads} heads.");
        if (Width % block != 0 || FeedForward < 1 || FeedForward % block != 0)
        {
            throw new ArgumentException($"--dim is {Width} and --ffn {FeedForward}; "
                + $"expected multiples of {block}, the size of a block.");
        }

        if (Experts < 0 || (Experts > 0 && (ExpertsPerToken < 1 || ExpertsPerToken > Experts)))
        {
            throw new ArgumentException(
                $"--experts is {Experts} and --active {ExpertsPerToken}; expected 0, or at least --active, from 1.");
        }

        if (Layers < 1 || Context < 1 || Vocabulary < SyntheticVocabulary.FirstWord)
        {
            throw new ArgumentException($"--layers is {Layers}, --context {Context}, --vocab {Vocabulary}; expected at least 1, 1 and "
                + $"{SyntheticVocabulary.FirstWord}.");
        }
    }
}

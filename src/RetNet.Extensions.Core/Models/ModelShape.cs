namespace RetNet.Extensions.Core.Models;

/// <summary>The dimensions of a new model. At equal dimensions models of all families have about as many parameters: 12 d² per
/// block.</summary>
public sealed record ModelShape
{
    private const int FeedForwardMultiple = 32;

    /// <summary>Model width d, a multiple of twice the number of heads.</summary>
    public required int Width { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Number of tokens in the vocabulary.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Length that the model is trained for, in tokens. For information. Default 2048.</summary>
    public int ContextLength { get; init; } = 2048;

    /// <summary>Token that begins a text, if any.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Token that ends a text, if any.</summary>
    public int? EosTokenId { get; init; }

    /// <summary>Token that fills up a batch, if any.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>The tokens that end a text, as configurations list them.</summary>
    internal IReadOnlyList<int> EosTokenIds => EosTokenId is { } id ? [id] : [];

    /// <summary>Width of a head.</summary>
    internal int HeadWidth => Width / Heads;

    /// <summary>Inner width of a gated feed-forward network with about 4 d² parameters: a third of 4 d, rounded up to a multiple of
    /// 32.</summary>
    internal int NarrowFeedForward => checked((int)(((4L * Width) + (3 * FeedForwardMultiple) - 1) / (3 * FeedForwardMultiple)))
        * FeedForwardMultiple;

    /// <summary>Requires dimensions that every family can have.</summary>
    /// <exception cref="ArgumentException">A dimension is out of range, or heads would have no even width.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Layers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Heads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(VocabularySize, 1);
        if (Width < 1 || Width % (2 * Heads) != 0)
        {
            throw new ArgumentException(
                $"{nameof(Width)} is {Width}; expected a multiple of {2 * Heads}, an even width for each of {Heads} heads.");
        }
    }
}

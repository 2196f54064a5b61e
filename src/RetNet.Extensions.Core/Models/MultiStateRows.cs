namespace RetNet.Extensions.Core.Models;

/// <summary>What a policy sees of one layer after a step: one entry per row, in ascending order of position.</summary>
public readonly ref struct MultiStateRows
{
    /// <summary>The layer's index, from 0.</summary>
    public required int Layer { get; init; }

    /// <summary>k: how many rows may stay.</summary>
    public required int Limit { get; init; }

    /// <summary>The absolute position of each row's token.</summary>
    public required ReadOnlySpan<long> Positions { get; init; }

    /// <summary>Each row's weight in the last query row's softmax, averaged over the query heads; empty unless asked for.</summary>
    public ReadOnlySpan<float> LastQuery { get; init; }

    /// <summary>Each row's softmax weight summed over all query rows so far, averaged over the query heads; empty unless asked
    /// for.</summary>
    public ReadOnlySpan<float> Accumulated { get; init; }

    /// <summary>The number of rows.</summary>
    public int Count => Positions.Length;
}

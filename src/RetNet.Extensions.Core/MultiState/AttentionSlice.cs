namespace RetNet.Extensions.Core.MultiState;

/// <summary>One sequence's rows of a wave, as the attention kernel needs them.</summary>
internal unsafe struct AttentionSlice
{
    /// <summary>The block's first row in the wave.</summary>
    public required int FirstRow { get; init; }

    /// <summary>The number of new tokens, whose rows are the last of the multi-state.</summary>
    public required int Rows { get; init; }

    /// <summary>The position of the first new token.</summary>
    public required long Position { get; init; }

    /// <summary>Rows of the multi-state, the new ones included.</summary>
    public required int Count { get; init; }

    /// <summary>Distance of the heads in rows.</summary>
    public required int Capacity { get; init; }

    /// <summary><c>[G × capacity × w]</c>.</summary>
    public required float* Keys { get; init; }

    /// <summary><c>[G × capacity × w]</c>.</summary>
    public required float* Values { get; init; }

    /// <summary>The position of each slot.</summary>
    public required long* Positions { get; init; }

    /// <summary>Receives each head's weights of the last query, <c>[H × count]</c>; null when nobody asks.</summary>
    public required float* LastQuery { get; init; }

    /// <summary>Receives each head's weights summed over the block's queries, <c>[H × count]</c>; null when nobody asks.</summary>
    public required float* Sums { get; init; }
}

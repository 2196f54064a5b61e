using RetNet.Extensions.Core.Generation;

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

    /// <summary>How keys and values are kept.</summary>
    public required StateFormat Format { get; init; }

    /// <summary><c>[G × capacity × w]</c>.</summary>
    public required byte* Keys { get; init; }

    /// <summary><c>[G × capacity × w]</c>.</summary>
    public required byte* Values { get; init; }

    /// <summary>The position of each slot.</summary>
    public required long* Positions { get; init; }

    /// <summary>Receives each head's weights of the last query, <c>[H × count]</c>; null when nobody asks.</summary>
    public required float* LastQuery { get; init; }

    /// <summary>Receives each head's weights summed over the block's queries, <c>[H × count]</c>; null when nobody asks.</summary>
    public required float* Sums { get; init; }

    /// <summary>One new token: what each segment of rows gives, <c>[segments × H × (w + 2)]</c>: o, m and ℓ; see <see cref="AttentionKernel{TVector, TStored}"/>.</summary>
    public required float* Segments { get; init; }
}

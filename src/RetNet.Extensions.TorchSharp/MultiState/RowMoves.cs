namespace RetNet.Extensions.TorchSharp.MultiState;

/// <summary>Rows that move into holes.</summary>
/// <param name="From">Their slots.</param>
/// <param name="To">The holes.</param>
internal sealed record RowMoves(long[] From, long[] To)
{
    public static RowMoves None { get; } = new([], []);
}

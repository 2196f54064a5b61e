namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>Rows that move into holes.</summary>
/// <param name="From">Their slots.</param>
/// <param name="To">The holes.</param>
internal sealed record RowMoves(long[] From, long[] To)
{
    public static RowMoves None { get; } = new([], []);

    /// <summary>Copies the slots to the device.</summary>
    /// <returns>Each <c>[1 × moves]</c>; null where no row moves.</returns>
    public (Tensor From, Tensor To)? ToDevice(torch.Device device) =>
        From.Length == 0
            ? null
            : (torch.tensor(From, [1, From.Length], torch.int64, device), torch.tensor(To, [1, To.Length], torch.int64, device));
}

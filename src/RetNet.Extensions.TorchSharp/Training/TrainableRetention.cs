using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.TorchSharp.Models.RetNet;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>Retention of a batch, for every group of its sequences in whole chunks and the rest. Its tensors belong to
/// the scope that it is created in.</summary>
internal sealed class TrainableRetention
{
    // If the result does not depend on it, a chunk whose C × C matrix is not too large.
    private const int DefaultChunkLength = 64;

    private readonly TorchTrainingPass _pass;
    private readonly RetentionScaling _scaling;
    private readonly Tensor? _chunkSum;
    private readonly Piece[][] _pieces;

    public TrainableRetention(RetNetConfiguration c, float[] logDecay, TorchTrainingPass pass, torch.Device device)
    {
        (_pass, _scaling) = (pass, c.ScalingOf(pass.Form));
        int chunk = pass.ChunkLength > 0
            ? pass.ChunkLength
            : _scaling == RetentionScaling.TorchScaleChunkwise ? c.ChunkSize : DefaultChunkLength;
        if (_scaling == RetentionScaling.TorchScaleChunkwise)
            _chunkSum = ChunkDecays.ChunkSum(logDecay, chunk, device);
        _pieces = [.. pass.Groups.Select(group => Cut(group, pass.Form == RetentionForm.Parallel ? group.Length : chunk, logDecay,
            device))];
    }

    /// <summary>Retains all rows, and advances a carried state.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="query">Scaled and rotated, <c>[rows × H × dk]</c>.</param>
    /// <param name="key">Scaled and rotated, <c>[rows × H × dk]</c>.</param>
    /// <param name="value"><c>[rows × H × dv]</c>.</param>
    /// <returns><c>[rows × H × dv]</c>, float32.</returns>
    public Tensor Retain(int layer, Tensor query, Tensor key, Tensor value) =>
        _pass.Join(_pass.Groups.Select((group, i) => Retain(layer, group, _pieces[i], group.Take(query), group.Take(key),
            group.Take(value))));

    private Tensor Retain(int layer, SequenceGroup group, Piece[] pieces, Tensor query, Tensor key, Tensor value)
    {
        Tensor? state = _pass.State?.Take(layer, group.Members);
        List<Tensor> outputs = [];
        foreach (Piece piece in pieces)
        {
            (Tensor output, Tensor after) = ChunkwiseRetention.Compute(
                Part(query), Part(key), Part(value), state, piece.Decays, _scaling, piece.RecurrentSums, _chunkSum);
            outputs.Add(output);
            state = after;

            Tensor Part(Tensor tokens) => tokens.narrow(2, piece.First, piece.Length).to(_pass.Type);
        }

        _pass.State?.Put(layer, group.Members, state!);
        return outputs.Count == 1 ? outputs[0] : torch.cat(outputs, 2);
    }

    private Piece[] Cut(SequenceGroup group, int chunk, float[] logDecay, torch.Device device)
    {
        int whole = group.Length / chunk, rest = group.Length % chunk;
        Tensor? sums = _scaling == RetentionScaling.Recurrent
            ? ChunkDecays.RecurrentSums(logDecay, [.. Enumerable.Range(0, group.Length).Select(i => group.Position + i)], device)
            : null;
        List<Piece> pieces = [];
        if (whole > 0)
            pieces.Add(Create(0, whole, chunk));
        if (rest > 0)
            pieces.Add(Create(whole * chunk, 1, rest));
        return [.. pieces];

        Piece Create(int first, int chunks, int length) =>
            new(first, new ChunkDecays(logDecay, chunks, length, device), sums?.narrow(1, first, chunks * length));
    }

    /// <summary>Neighbouring chunks of the same length.</summary>
    /// <param name="First">The first token.</param>
    /// <param name="Decays">The powers of γ, and so the number of chunks and their length.</param>
    /// <param name="RecurrentSums">√s of each token, <c>[H × tokens]</c>; null where it is not needed.</param>
    private sealed record Piece(int First, ChunkDecays Decays, Tensor? RecurrentSums)
    {
        public int Length => Decays.Chunks * Decays.Length;
    }
}

using RetNet.Extensions.Core.Models;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>Sequences with one new token each whose states are neighbours and whose policies cut in the same way. Its tensors live as long
/// as the wave.</summary>
internal sealed class StepRun
{
    private readonly WaveSequence[] _sequences;
    private readonly Tensor _slots;
    private readonly torch.Device _device;
    private readonly (Tensor From, Tensor To)?[] _moves;
    private readonly Tensor? _drops;

    /// <param name="rows">The places of the sequences.</param>
    /// <param name="sequences">The sequences, in the order of their places.</param>
    /// <param name="device">The device.</param>
    public StepRun(SlotRun rows, WaveSequence[] sequences, torch.Device device)
    {
        (Rows, _sequences, _device) = (rows, sequences, device);
        int layers = sequences[0].State.Configuration.Layers;
        long[] slots = new long[layers * sequences.Length];
        for (int layer = 0; layer < layers; layer++)
        {
            for (int i = 0; i < sequences.Length; i++)
                slots[(layer * sequences.Length) + i] = sequences[i].Before(layer);
        }

        _slots = torch.tensor(slots, [layers, sequences.Length], torch.int64, device);
        Positions = torch.tensor(sequences.Select(sequence => sequence.Block.Position).ToArray(), torch.int64, device).unsqueeze(1);
        if (Enumerable.Range(0, layers).Any(layer => Drops(layer) is null))
        {
            bool[] drops = [.. Enumerable.Range(0, layers).SelectMany(layer => sequences.Select(sequence => sequence.Excess(layer) > 0))];
            _drops = torch.tensor(drops, torch.@bool, device).reshape(layers, sequences.Length, 1);
        }

        _moves = new (Tensor From, Tensor To)?[layers];
        for (int layer = 0; layer < layers; layer++)
        {
            _moves[layer] = layer > 0 && Array.TrueForAll(
                sequences, sequence => ReferenceEquals(sequence.Moves(layer), sequence.Moves(layer - 1)))
                ? _moves[layer - 1]
                : FindMoves(layer);
        }

        AppendPositions(layers);
    }

    /// <summary>The places of the sequences.</summary>
    public SlotRun Rows { get; }

    /// <summary>The number of sequences n.</summary>
    public int Count => _sequences.Length;

    /// <summary>Which rows stay where <see cref="CutsOnDevice"/>; the same for all.</summary>
    public KeepRule Rule => _sequences[0].State.Policy.Rule!.Value;

    /// <summary>k; null without a limit.</summary>
    public int? Limit => _sequences[0].State.Limit;

    /// <summary>The position of each new token, <c>[n × 1]</c>.</summary>
    public Tensor Positions { get; }

    /// <summary>Whether the device finds the rows that the policy drops.</summary>
    public bool CutsOnDevice => _sequences[0].State.CutsOnDevice;

    /// <summary>The slot of each new row in a layer, <c>[n × 1]</c>.</summary>
    public Tensor NewSlots(int layer) => _slots.select(0, layer).unsqueeze(1);

    /// <summary>The slot of the new rows in a layer if it is the same for all; otherwise null.</summary>
    public int? CommonSlot(int layer)
    {
        int first = _sequences[0].Before(layer);
        return Array.TrueForAll(_sequences, sequence => sequence.Before(layer) == first) ? first : null;
    }

    /// <summary>The largest number of rows that a sequence has in a layer, including the new one.</summary>
    public int MostRows(int layer) => _sequences.Max(sequence => sequence.Count(layer));

    /// <summary>Whether each sequence drops a row of a layer: true or false for all, null where some do.</summary>
    public bool? Drops(int layer)
    {
        int drop = _sequences.Count(sequence => sequence.Excess(layer) > 0);
        return drop == 0 ? false : drop == Count ? true : null;
    }

    /// <summary>The sequences that drop a row of a layer where only some do, <c>[n × 1]</c>.</summary>
    public Tensor DropsEach(int layer) => _drops!.select(0, layer);

    /// <summary>The moves of a layer's rows that the host has decided on, each <c>[n × moves]</c>; null if no row moves.</summary>
    public (Tensor From, Tensor To)? Moves(int layer) => _moves[layer];

    private (Tensor From, Tensor To)? FindMoves(int layer)
    {
        int most = _sequences.Max(sequence => sequence.Moves(layer).From.Length);
        if (most == 0)
            return null;

        // Where there are fewer, the last slot moves onto itself: it is not a hole, because no row is left behind the kept ones.
        long[] from = new long[Count * most], to = new long[Count * most];
        for (int i = 0; i < Count; i++)
        {
            RowMoves moves = _sequences[i].Moves(layer);
            from.AsSpan(i * most, most).Fill(_sequences[i].Before(layer));
            to.AsSpan(i * most, most).Fill(_sequences[i].Before(layer));
            moves.From.CopyTo(from, i * most);
            moves.To.CopyTo(to, i * most);
        }

        return (torch.tensor(from, [Count, most], torch.int64, _device), torch.tensor(to, [Count, most], torch.int64, _device));
    }

    // In all layers at once: the positions of the new rows, and an accumulated attention of 0.
    private void AppendPositions(int layers)
    {
        Tensor slots = _slots.unsqueeze(2);
        Tensor positions = Of(RowPools.Positions), accumulated = Of(RowPools.Accumulated);
        positions.scatter_(2, slots, Positions.unsqueeze(0).expand(layers, Count, 1));
        accumulated.scatter_(2, slots, torch.zeros([layers, Count, 1], device: _device));

        Tensor Of(int tensor) => Rows.Slab.Tensors[tensor].narrow(1, Rows.FirstSlot, Count);
    }
}

using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>A block of a wave: how many rows its layers have, and which of them are known in advance to be dropped.</summary>
internal sealed class WaveSequence
{
    private readonly int[] _before;
    private readonly RowMoves[] _moves;
    private (Tensor From, Tensor To)?[] _movesOnDevice = [];

    /// <summary>Appends the block's rows to the books of its state and drops what can be dropped without knowing the attention.</summary>
    public WaveSequence(Block block)
    {
        (Block, State) = (block, (TorchTransformerState)block.State);
        int layers = State.Configuration.Layers;
        (_before, _moves) = (new int[layers], new RowMoves[layers]);
        for (int layer = 0; layer < layers; layer++)
        {
            int same = 0;
            while (!ReferenceEquals(State.Book(same), State.Book(layer)))
                same++;
            (_before[layer], _moves[layer]) = same < layer ? (_before[same], _moves[same]) : Advance(layer);
        }
    }

    public Block Block { get; }

    public TorchTransformerState State { get; }

    /// <summary>The position of the token that follows the block.</summary>
    public long NextPosition => Block.Position + Block.Rows;

    /// <summary>k where a policy cuts the state after this block; null otherwise.</summary>
    public int? Cut => Block.EndsStep ? State.Limit : null;

    /// <summary>Whether the block can be computed together with those of neighbours: one token, and at most one row that the device
    /// drops.</summary>
    public bool IsStep =>
        Block.Rows == 1 && Enumerable.Range(0, _before.Length)
            .All(layer => State.ReadsNoAttention || (!State.Book(layer).KnowsPositions && Excess(layer) <= 1));

    /// <summary>The rows of a layer before the block.</summary>
    public int Before(int layer) => _before[layer];

    /// <summary>The rows of a layer with those of the block.</summary>
    public int Count(int layer) => _before[layer] + Block.Rows;

    /// <summary>How many rows of a layer are more than the policy keeps after the block.</summary>
    public int Excess(int layer) => Cut is { } limit ? Math.Max(0, Count(layer) - limit) : 0;

    /// <summary>The moves of a layer's rows when others are dropped; known if the policy reads no attention.</summary>
    public RowMoves Moves(int layer) => _moves[layer];

    /// <summary>Copies <see cref="Moves"/> to the device, once for layers that share a book. The tensors belong to the current
    /// dispose scope.</summary>
    public void LoadMoves(torch.Device device)
    {
        _movesOnDevice = new (Tensor From, Tensor To)?[_moves.Length];
        for (int layer = 0; layer < _moves.Length; layer++)
        {
            int same = Array.FindIndex(_moves, moves => ReferenceEquals(moves, _moves[layer]));
            _movesOnDevice[layer] = same < layer ? _movesOnDevice[same] : _moves[layer].ToDevice(device);
        }
    }

    /// <summary><see cref="Moves"/> on the device, each <c>[1 × moves]</c>; null where no row moves.</summary>
    public (Tensor From, Tensor To)? MovesOnDevice(int layer) => _movesOnDevice[layer];

    private (int Before, RowMoves Moves) Advance(int layer)
    {
        RowBook book = State.Book(layer);
        int before = book.Count;
        book.Append(Block.Position, Block.Rows);
        RowMoves moves = RowMoves.None;
        if (State.ReadsNoAttention)
            moves = HostCut.Apply(this, layer, null, null);
        else if (!book.KnowsPositions && Cut is { } limit && book.Count > limit)
            book.Shrink(limit);
        return (before, moves);
    }
}

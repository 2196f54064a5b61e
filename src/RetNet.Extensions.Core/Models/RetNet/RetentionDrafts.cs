using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>The keys and values of a forward's drafts in every layer, from which the states are updated once it is known which of the
/// tokens were seen.</summary>
internal sealed unsafe class RetentionDrafts(RetNetConfiguration c) : IDisposable
{
    private readonly NativeBuffer<float> _keys = new(0);
    private readonly NativeBuffer<float> _values = new(0);
    private int _rows;

    public long ByteSize => _keys.ByteSize + _values.ByteSize;

    private int KeyRow => c.KeyValueHeads * c.KeyWidth;

    private int ValueRow => c.KeyValueHeads * c.ValueWidth;

    /// <summary>What updates a state by some tokens of a draft.</summary>
    /// <param name="state">The state.</param>
    /// <param name="firstRow">The draft's first token among those of all drafts of the forward.</param>
    /// <param name="rows">How many tokens were seen.</param>
    /// <param name="logDecay">ln γ of each head, <c>[H]</c>.</param>
    public DraftUpdateJob Update(ManagedRetNetState state, int firstRow, int rows, float* logDecay) => new()
    {
        State = state.Layer(0),
        Format = state.Format,
        Keys = _keys.Pointer + ((long)firstRow * KeyRow),
        Values = _values.Pointer + ((long)firstRow * ValueRow),
        Rows = rows,
        LayerRows = _rows,
        LogDecay = logDecay,
        Heads = c.Heads,
        KeyValueHeads = c.KeyValueHeads,
        KeyWidth = c.KeyWidth,
        ValueWidth = c.ValueWidth,
    };

    /// <summary>Makes room for the tokens of a forward's drafts.</summary>
    public void Reserve(int rows)
    {
        _rows = rows;
        _keys.Reserve((long)rows * c.Layers * KeyRow);
        _values.Reserve((long)rows * c.Layers * ValueRow);
    }

    /// <summary>Copies the key and the value of a draft's token.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="block">The token.</param>
    /// <param name="keys">Those of the wave, <c>[rows × G·dk]</c>.</param>
    /// <param name="values">Those of the wave, <c>[rows × G·dv]</c>.</param>
    public void Keep(int layer, Block block, float* keys, float* values)
    {
        long target = ((long)layer * _rows) + block.DraftRow;
        Copy(keys, _keys.Pointer, KeyRow);
        Copy(values, _values.Pointer, ValueRow);

        void Copy(float* from, float* to, int length) => new Span<float>(from + ((long)block.FirstRow * length), length).CopyTo(
            new Span<float>(to + (target * length), length));
    }

    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
    }
}

/// <summary>Updates a state by the first tokens of a draft; an index is a head of a layer.</summary>
internal readonly unsafe struct DraftUpdateJob : IRangeJob
{
    /// <summary>U of every layer, <c>[layers × H × dk × dv]</c>.</summary>
    public required byte* State { get; init; }

    public required StateFormat Format { get; init; }

    /// <summary>The first token's keys in the first layer, <c>[layers × LayerRows × G·dk]</c>.</summary>
    public required float* Keys { get; init; }

    /// <summary>Its values, <c>[layers × LayerRows × G·dv]</c>.</summary>
    public required float* Values { get; init; }

    /// <summary>The number of tokens.</summary>
    public required int Rows { get; init; }

    /// <summary>Distance of the layers in tokens.</summary>
    public required int LayerRows { get; init; }

    public required float* LogDecay { get; init; }

    public required int Heads { get; init; }

    public required int KeyValueHeads { get; init; }

    public required int KeyWidth { get; init; }

    public required int ValueWidth { get; init; }

    public void Run(int from, int to)
    {
        for (int index = from; index < to; index++)
        {
            if (Format == StateFormat.BFloat16)
                Run<StoredBFloat16>(index / Heads, index % Heads);
            else
                Run<StoredFloat32>(index / Heads, index % Heads);
        }
    }

    private void Run<TStored>(int layer, int head)
        where TStored : unmanaged, IStoredFloat<TStored>
    {
        TStored* state = (TStored*)State + ((((long)layer * Heads) + head) * KeyWidth * ValueWidth);
        int shared = head / (Heads / KeyValueHeads);
        using ThreadScratch.Scope unused = ThreadScratch.Rent(ValueWidth);
        for (int i = 0; i < Rows; i++)
        {
            // Some query must be there; what is read with it is not needed.
            long row = (((((long)layer * LayerRows) + i) * KeyValueHeads) + shared);
            float* key = Keys + (row * KeyWidth);
            RecurrentStep.Run(state, key, key, Values + (row * ValueWidth), unused.Pointer, KeyWidth, ValueWidth,
                MathF.Exp(LogDecay[head]));
        }
    }
}

using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.MultiState;

/// <summary>A Transformer's memory of a sequence: for each layer the key and value rows that its policy has kept.</summary>
public sealed unsafe class TransformerState : SequenceState
{
    private readonly TransformerConfiguration _configuration;
    private readonly LayerRows[] _layers;

    internal TransformerState(LanguageModel model, TransformerConfiguration configuration, StateOptions options)
        : base(model, options)
    {
        Check(options);
        _configuration = configuration;
        Limit = options.Policy.Size.Resolve(configuration.ContextLength);
        _layers = new LayerRows[configuration.Layers];
        for (int layer = 0; layer < _layers.Length; layer++)
            _layers[layer] = new LayerRows(configuration.KeyValueHeads, configuration.HeadWidth, Format);
    }

    /// <inheritdoc/>
    public override long ByteSize
    {
        get
        {
            long bytes = 0;
            foreach (LayerRows layer in _layers)
                bytes += layer.ByteSize;
            return bytes;
        }
    }

    /// <summary>k: how many rows a layer keeps after a step; null without a limit.</summary>
    public int? Limit { get; }

    /// <summary>The policy that chooses them.</summary>
    public IMultiStatePolicy Policy => Options.Policy;

    /// <summary>The rows that a layer holds.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <returns>The absolute positions of their tokens, ascending.</returns>
    public long[] GetKeptPositions(int layer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(layer);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(layer, _layers.Length);
        using Use use = BeginUse();
        LayerRows rows = _layers[layer];
        long[] positions = new long[rows.Count];
        for (int i = 0; i < positions.Length; i++)
            positions[i] = rows.Positions[rows.Order[i]];
        return positions;
    }

    /// <summary>Checks the options that concern a Transformer.</summary>
    /// <exception cref="ArgumentException">One does not fit.</exception>
    internal static void Check(StateOptions options)
    {
        options.CheckFormat();
        if (options.PromptChunk is < 0)
            throw new ArgumentException($"{nameof(StateOptions.PromptChunk)} is {options.PromptChunk}; expected 0 (whole) or more.", nameof(options));
    }

    /// <summary>The most bytes that a state holds until it has seen a number of tokens, in whatever pieces they are fed.</summary>
    internal static long MostBytes(TransformerConfiguration c, StateOptions options, long tokens)
    {
        int? limit = options.Policy.Size.Resolve(c.ContextLength);
        long bytes = 0;
        for (int layer = 0; layer < c.Layers; layer++)
        {
            int? window = c.SlidingWindow(layer);
            long needed = Math.Min(tokens, MostRows(options, limit, window));
            if (needed > 0)
                bytes += LayerRows.Bytes(c.KeyValueHeads, c.HeadWidth, options.Format, Room(needed, needed, options, limit, window));
        }

        return bytes;
    }

    internal override int StepLength(int inputTokens)
    {
        if (Limit is null || Options.PromptChunk == 0)
            return inputTokens;
        return Options.PromptChunk ?? (inputTokens <= StateOptions.WholePromptLimit ? inputTokens : StateOptions.DefaultPromptChunk);
    }

    /// <summary>Between cuts a token's numbers do not depend on where blocks end, but for sums over a block's attention and a sliding window's rows.</summary>
    internal override int SplitAt(int inputTokens, int wanted)
    {
        bool anywhere = Limit is null || (Policy.Needs & AttentionNeeds.Accumulated) == 0;
        for (int layer = 0; layer < _layers.Length; layer++)
            anywhere &= _configuration.SlidingWindow(layer) is null;
        return anywhere ? wanted : base.SplitAt(inputTokens, wanted);
    }

    internal LayerRows Layer(int layer) => _layers[layer];

    /// <summary>Makes room for a block's rows in every layer.</summary>
    internal void Reserve(int rows)
    {
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            int needed = _layers[layer].Count + rows;
            if (needed > _layers[layer].Capacity)
                _layers[layer].Resize((int)Room(needed, _layers[layer].Capacity, Options, Limit, _configuration.SlidingWindow(layer)));
        }
    }

    /// <summary>Returns the memory that a prompt needed beyond what decoding needs.</summary>
    internal void Trim()
    {
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            int rows = Math.Max(_layers[layer].Count, RowsWhileDecoding(Limit, _configuration.SlidingWindow(layer)));
            if (_layers[layer].Capacity > rows)
                _layers[layer].Resize(rows);
        }
    }

    /// <inheritdoc/>
    protected override SequenceState ForkCore()
    {
        TransformerState copy = new(Model, _configuration, Options);
        for (int layer = 0; layer < _layers.Length; layer++)
            _layers[layer].CopyTo(copy._layers[layer]);
        return copy;
    }

    /// <inheritdoc/>
    protected override void SaveCore(BinaryWriter writer)
    {
        foreach (LayerRows rows in _layers)
        {
            writer.Write(rows.Count);

            // In the order of the slots, in which sums over the rows are formed: a restored state gives the same bits.
            for (int slot = 0; slot < rows.Count; slot++)
            {
                writer.Write(rows.Positions[slot]);
                writer.Write(rows.Accumulated[slot]);
                for (int head = 0; head < _configuration.KeyValueHeads; head++)
                {
                    writer.Write(rows.Row(rows.Keys, head, slot));
                    writer.Write(rows.Row(rows.Values, head, slot));
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override void LoadCore(BinaryReader reader, StateFormat saved)
    {
        int rowSize = _configuration.KeyValueHeads * _configuration.HeadWidth;
        using NativeBuffer<float> key = new(rowSize);
        using NativeBuffer<float> value = new(rowSize);
        byte[] bytes = new byte[_configuration.HeadWidth * saved.ValueBytes()];
        foreach (LayerRows rows in _layers)
        {
            int count = reader.ReadInt32();
            if (count < 0 || count > Position || count > Limit)
                throw new InvalidDataException($"The saved state has {count} rows in a layer; expected 0 to {Math.Min(Position, Limit ?? long.MaxValue)}.");
            for (int row = 0; row < count; row++)
            {
                long position = reader.ReadInt64();
                float accumulated = reader.ReadSingle();
                if (position < 0 || position >= Position)
                    throw new InvalidDataException($"The saved state has a row at position {position}; expected 0 to {Position - 1}.");
                for (int head = 0; head < _configuration.KeyValueHeads; head++)
                {
                    ReadRow(key, head);
                    ReadRow(value, head);
                }

                // Memory grows with what was read, not with what the file promises.
                if (rows.Count == rows.Capacity)
                    rows.Resize(Math.Min(count, Math.Max(64, rows.Capacity * 2)));
                rows.Append(position, key.Pointer, value.Pointer);
                rows.Accumulated[rows.Count - 1] = accumulated;
            }

            if (!rows.SortOrder())
                throw new InvalidDataException("The saved state has two rows at the same position.");
        }

        void ReadRow(NativeBuffer<float> row, int head)
        {
            reader.BaseStream.ReadExactly(bytes);
            saved.Read(bytes, row.Span.Slice(head * _configuration.HeadWidth, _configuration.HeadWidth));
        }
    }

    /// <inheritdoc/>
    protected override void ReleaseMemory()
    {
        foreach (LayerRows layer in _layers)
            layer.Dispose();
    }

    /// <summary>The rows that a layer gets memory for when it needs more than it has: some in advance, but never more than it can need.</summary>
    private static long Room(long needed, long capacity, StateOptions options, int? limit, int? slidingWindow)
    {
        int decoding = RowsWhileDecoding(limit, slidingWindow);
        return Math.Max(needed, Math.Min(Grown(capacity), needed <= decoding ? decoding : MostRows(options, limit, slidingWindow)));
    }

    /// <summary>The most rows that a layer ever needs: the policy drops rows after a step, and what a window hides goes after a block.</summary>
    private static long MostRows(StateOptions options, int? limit, int? slidingWindow)
    {
        long most = Array.MaxLength;
        if (limit is { } k && options.PromptChunk != 0)
            most = Math.Min(most, k + (long)(options.PromptChunk ?? StateOptions.WholePromptLimit));
        if (slidingWindow is { } window)
            most = Math.Min(most, window + (long)BlockSchedule.BlockRows);
        return most;
    }

    // The k kept rows, or those of a sliding window, and the new one.
    private static int RowsWhileDecoding(int? limit, int? slidingWindow) =>
        (int)Math.Min(Math.Min(limit ?? int.MaxValue, slidingWindow ?? int.MaxValue) + 1L, Array.MaxLength);

    // Memory grows by an eighth: a row is then copied eight times in all, which is little beside being read in every step.
    private static long Grown(long rows) => rows + Math.Max(64, rows / 8);
}

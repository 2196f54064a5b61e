using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>A Transformer's memory of a sequence: for each layer the key and value rows that its policy has kept.</summary>
[Experimental("RETNET001")]
public abstract class TransformerState : SequenceState
{
    // Rows that are saved and restored at once, so that memory grows with what was read, not with what a file promises.
    private const int PieceRows = 64;

    /// <summary>Remembers nothing yet.</summary>
    /// <param name="model">The model.</param>
    /// <param name="configuration">Its dimensions.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <exception cref="ArgumentException">An option does not fit.</exception>
    protected TransformerState(LanguageModel model, TransformerConfiguration configuration, StateOptions options)
        : base(model, options)
    {
        Check(options);
        Configuration = configuration;
        Limit = options.Policy.Size.Resolve(configuration.ContextLength);
    }

    /// <summary>k: how many rows a layer keeps after a step; null without a limit.</summary>
    public int? Limit { get; }

    /// <summary>The policy that chooses them.</summary>
    public IMultiStatePolicy Policy => Options.Policy;

    /// <summary>The model's dimensions.</summary>
    public TransformerConfiguration Configuration { get; }

    // A slot has a key and a value of every key-value head.
    private int RowsPerSlot => 2 * Configuration.KeyValueHeads;

    private int RowBytes => RowsPerSlot * Format.RowBytes(Configuration.HeadWidth);

    /// <summary>The rows that a layer holds.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <returns>The absolute positions of their tokens, ascending.</returns>
    public long[] GetKeptPositions(int layer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(layer);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(layer, Configuration.Layers);
        using Use use = BeginUse();
        long[] positions = ReadPositions(layer);
        Array.Sort(positions);
        return positions;
    }

    /// <summary>Checks the options that concern a Transformer.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">One does not fit.</exception>
    public static void Check(StateOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.CheckFormat();
        if (options.PromptChunk is < 0)
        {
            throw new ArgumentException($"{nameof(StateOptions.PromptChunk)} is {options.PromptChunk}; expected 0 (whole) or more.",
                nameof(options));
        }
    }

    internal sealed override long UncutTokens => Limit ?? long.MaxValue;

    internal sealed override long FrequenciesAt(long length) => Configuration.RotaryScaling?.FrequenciesAt(length) ?? 0;

    internal sealed override bool IsReadAgain(long from, long to) =>
        Configuration.RotaryScaling is { IsReadAgain: true } && FrequenciesAt(from) != FrequenciesAt(to);

    /// <inheritdoc/>
    protected internal sealed override int StepLength(int inputTokens)
    {
        if (Limit is null || Options.PromptChunk == 0)
            return inputTokens;
        return Options.PromptChunk ?? (inputTokens <= StateOptions.WholePromptLimit ? inputTokens : StateOptions.DefaultPromptChunk);
    }

    /// <summary>Between cuts the result of a token does not depend on where blocks end, except for sums over a block's attention and the
    /// rows of a sliding window.</summary>
    protected internal sealed override int SplitAt(int inputTokens, int wanted)
    {
        bool anywhere = Limit is null || (Policy.Needs & AttentionNeeds.Accumulated) == 0;
        for (int layer = 0; layer < Configuration.Layers; layer++)
            anywhere &= Configuration.SlidingWindow(layer) is null;
        return anywhere ? wanted : base.SplitAt(inputTokens, wanted);
    }

    /// <summary>The most rows that a layer ever needs: the policy drops rows after a step, and what a window hides goes after a
    /// block.</summary>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="limit">k; null without a limit.</param>
    /// <param name="slidingWindow">The layer's window; null for none.</param>
    /// <param name="blockRows">Rows of a block.</param>
    /// <returns>A number of rows.</returns>
    public static long MostRows(StateOptions options, int? limit, int? slidingWindow, int blockRows)
    {
        long most = Array.MaxLength;
        if (limit is { } k && options.PromptChunk != 0)
            most = Math.Min(most, k + (long)(options.PromptChunk ?? StateOptions.WholePromptLimit));
        if (slidingWindow is { } window)
            most = Math.Min(most, window + (long)blockRows);
        return most;
    }

    /// <summary>The k kept rows, or those of a sliding window, and the new one.</summary>
    /// <param name="limit">k; null without a limit.</param>
    /// <param name="slidingWindow">The layer's window; null for none.</param>
    /// <returns>A number of rows.</returns>
    public static int RowsWhileDecoding(int? limit, int? slidingWindow) =>
        (int)Math.Min(Math.Min(limit ?? int.MaxValue, slidingWindow ?? int.MaxValue) + 1L, Array.MaxLength);

    /// <summary>The position of each row of a layer, in the order of the slots.</summary>
    protected internal abstract long[] ReadPositions(int layer);

    /// <summary>Copies rows of a layer as they are kept, in the order of the slots.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="first">The first slot.</param>
    /// <param name="accumulated">Receives the accumulated attention of as many rows as it is long.</param>
    /// <param name="rows">Receives keys and values, <c>[rows × heads × 2 × width]</c>.</param>
    protected internal abstract void ReadRows(int layer, int first, Span<float> accumulated, Span<byte> rows);

    /// <summary>Appends restored rows to a layer, in the order of the slots.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="first">How many it has.</param>
    /// <param name="total">The number of rows that the layer has in the end, if the saved state is complete.</param>
    /// <param name="positions">The positions of these rows.</param>
    /// <param name="accumulated">Their accumulated attention.</param>
    /// <param name="rows">Their keys and values as they are kept, <c>[rows × heads × 2 × width]</c>.</param>
    protected internal abstract void RestoreRows(
        int layer, int first, int total, ReadOnlySpan<long> positions, ReadOnlySpan<float> accumulated, ReadOnlySpan<byte> rows);

    /// <summary>Called when all rows of a layer are restored and no two have the same position.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="positions">The positions in the order of the slots.</param>
    protected internal abstract void CompleteRows(int layer, long[] positions);

    /// <inheritdoc/>
    protected sealed override void SaveCore(BinaryWriter writer)
    {
        float[] accumulated = new float[PieceRows];
        int rowBytes = RowBytes;
        byte[] rows = new byte[PieceRows * rowBytes];
        for (int layer = 0; layer < Configuration.Layers; layer++)
        {
            // In the order of the slots, in which sums over the rows are formed: a restored state gives the same bits.
            long[] positions = ReadPositions(layer);
            writer.Write(positions.Length);
            for (int first = 0; first < positions.Length; first += PieceRows)
            {
                int count = Math.Min(PieceRows, positions.Length - first);
                ReadRows(layer, first, accumulated.AsSpan(0, count), rows.AsSpan(0, count * rowBytes));
                for (int i = 0; i < count; i++)
                {
                    writer.Write(positions[first + i]);
                    writer.Write(accumulated[i]);
                    writer.Write(rows, i * rowBytes, rowBytes);
                }
            }
        }
    }

    /// <inheritdoc/>
    protected sealed override void LoadCore(BinaryReader reader, StateFormat saved)
    {
        long[] piecePositions = new long[PieceRows];
        float[] accumulated = new float[PieceRows];
        byte[] read = new byte[RowsPerSlot * saved.RowBytes(Configuration.HeadWidth)];
        float[] values = new float[Configuration.HeadWidth];
        int rowBytes = RowBytes;
        byte[] rows = new byte[PieceRows * rowBytes];
        for (int layer = 0; layer < Configuration.Layers; layer++)
        {
            long most = Math.Min(Position, IsBetweenCuts
                ? MostRows(Options, Limit, Configuration.SlidingWindow(layer), Model.BlockRows)
                : Limit ?? long.MaxValue);
            int total = reader.ReadInt32();
            if (total < 0 || total > most)
                throw new InvalidDataException($"The saved state has {total} rows in a layer; expected 0 to {most}.");

            List<long> positions = [];
            while (positions.Count < total)
            {
                int count = Math.Min(PieceRows, total - positions.Count);
                for (int i = 0; i < count; i++)
                {
                    (piecePositions[i], accumulated[i]) = (reader.ReadInt64(), reader.ReadSingle());
                    if (piecePositions[i] < 0 || piecePositions[i] >= Position)
                    {
                        throw new InvalidDataException($"The saved state has a row at position {piecePositions[i]}; expected 0 to "
                            + $"{Position - 1}.");
                    }

                    reader.BaseStream.ReadExactly(read);
                    Convert(read, saved, rows.AsSpan(i * rowBytes, rowBytes), values);
                }

                RestoreRows(layer, positions.Count, total, piecePositions.AsSpan(0, count), accumulated.AsSpan(0, count),
                    rows.AsSpan(0, count * rowBytes));
                positions.AddRange(piecePositions.AsSpan(0, count));
            }

            if (positions.Distinct().Count() != total)
                throw new InvalidDataException("The saved state has two rows at the same position.");
            CompleteRows(layer, [.. positions]);
        }
    }

    /// <summary>Gives the keys and values of a slot in the format of this state: as they are, where they were saved in it.</summary>
    /// <param name="read">The slot as it was saved.</param>
    /// <param name="saved">The format in which it was.</param>
    /// <param name="target">Receives it in this state's format.</param>
    /// <param name="values">Scratch for a row of a head.</param>
    private void Convert(ReadOnlySpan<byte> read, StateFormat saved, Span<byte> target, Span<float> values)
    {
        if (saved == Format)
        {
            read.CopyTo(target);
            return;
        }

        int savedBytes = saved.RowBytes(values.Length), ownBytes = Format.RowBytes(values.Length);
        for (int row = 0; row < RowsPerSlot; row++)
        {
            saved.Read(read.Slice(row * savedBytes, savedBytes), values);
            Format.Write(values, target.Slice(row * ownBytes, ownBytes));
        }
    }
}

using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>How many rows the layers of a state get memory for: sizes that many sequences share, so that they are neighbours.</summary>
/// <remarks>The layers of a state all have the same capacity, that of the one which needs most.</remarks>
internal sealed class RowCapacity
{
    private const int Smallest = 64;
    private const int Step = 1024;

    private readonly long _most;

    /// <param name="c">The model's dimensions.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="blockRows">Rows of a block of a prompt at most.</param>
    public RowCapacity(TransformerConfiguration c, StateOptions options, int blockRows)
    {
        int? limit = options.Policy.Size.Resolve(c.ContextLength);
        int? widest = c.SlidingWindows.Contains(null) ? null : c.SlidingWindows.Max();
        _most = TransformerState.MostRows(options, limit, widest, blockRows);
        WhileDecoding = TransformerState.RowsWhileDecoding(limit, widest);
    }

    /// <summary>The capacity that suffices once a prompt is read.</summary>
    public int WhileDecoding { get; }

    /// <summary>The capacity for a number of rows: a power of two or a multiple of 1024, but not more than is ever needed.</summary>
    public long For(long needed)
    {
        if (needed == 0)
            return 0;
        long size = needed <= Step
            ? Math.Max(Smallest, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)needed))
            : (needed + Step - 1) / Step * Step;
        return Math.Max(needed, Math.Min(size, needed <= WhileDecoding ? WhileDecoding : _most));
    }

    /// <summary>The largest capacity until a number of tokens was seen, whatever the pieces in which they are fed.</summary>
    public long Until(long tokens) => For(Math.Min(tokens, _most));

    /// <summary>Bytes of a state's rows, keys, values, position and accumulated attention, and of each layer's gap.</summary>
    public static long Bytes(TransformerConfiguration c, StateFormat format, long capacity) => capacity == 0
        ? 0
        : c.Layers * ((capacity * ((2L * c.KeyValueHeads * c.HeadWidth * format.ValueBytes()) + sizeof(long) + sizeof(float)))
            + sizeof(long));
}

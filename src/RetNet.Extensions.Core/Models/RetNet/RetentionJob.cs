using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>One sequence's rows of a wave, as the retention kernels need them.</summary>
internal unsafe struct RetentionSlice
{
    public required long Position { get; init; }

    public required int FirstRow { get; init; }

    public required int Rows { get; init; }

    /// <summary>Whether each row is a step of its own, and none of them changes the state.</summary>
    public bool IsDraft { get; init; }

    public required int Chunk { get; init; }

    public required RetentionScaling Scaling { get; init; }

    /// <summary>How the state is kept.</summary>
    public required StateFormat Format { get; init; }

    /// <summary>The layer's state, <c>[H × dk × dv]</c>; null where nothing reads or writes it.</summary>
    public required byte* State { get; init; }

    /// <summary>Whether the state is used no more after these rows.</summary>
    public bool EndsSequence { get; init; }
}

/// <summary>Retention of a layer: an index is a head of a sequence.</summary>
internal readonly unsafe struct RetentionJob : IRangeJob
{
    public required RetentionSlice* Slices { get; init; }

    public required float* Query { get; init; }

    public required float* Key { get; init; }

    public required float* Value { get; init; }

    public required float* Output { get; init; }

    public required float* LogDecay { get; init; }

    public required int Heads { get; init; }

    public required int KeyValueHeads { get; init; }

    public required int KeyWidth { get; init; }

    public required int ValueWidth { get; init; }

    public void Run(int from, int to)
    {
        for (int index = from; index < to; index++)
        {
            RetentionSlice slice = Slices[index / Heads];
            if (slice.Format == StateFormat.BFloat16)
                Run<StoredBFloat16>(slice, index % Heads);
            else
                Run<StoredFloat32>(slice, index % Heads);
        }
    }

    private void Run<TStored>(in RetentionSlice slice, int head)
        where TStored : unmanaged, IStoredFloat<TStored>
    {
        int shared = head / (Heads / KeyValueHeads);
        int outputStride = Heads * ValueWidth;
        RetentionHead<TStored> retention = new()
        {
            KeyWidth = KeyWidth,
            ValueWidth = ValueWidth,
            LogDecay = LogDecay[head],
            Scaling = slice.Scaling,
            Query = Query + ((((long)slice.FirstRow * Heads) + head) * KeyWidth),
            QueryStride = Heads * KeyWidth,
            Key = Key + ((((long)slice.FirstRow * KeyValueHeads) + shared) * KeyWidth),
            KeyStride = KeyValueHeads * KeyWidth,
            Value = Value + ((((long)slice.FirstRow * KeyValueHeads) + shared) * ValueWidth),
            ValueStride = KeyValueHeads * ValueWidth,
            Output = Output + ((long)slice.FirstRow * outputStride) + (head * ValueWidth),
            OutputStride = outputStride,
            State = slice.State == null ? null : (TStored*)slice.State + ((long)head * KeyWidth * ValueWidth),
            EndsSequence = slice.EndsSequence,
        };
        if (slice.IsDraft)
            retention.Draft(slice.Position, slice.Rows);
        else
            retention.Run(slice.Position, slice.Rows, slice.Chunk);
    }
}

using RetNet.Extensions.Core.Forecasting.Series;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Forecasting;

/// <summary>One view of a series: its tokens begin at steps of their own, and the decoder remembers them apart from those of other
/// views.</summary>
/// <param name="forecaster">The model.</param>
/// <param name="memory">What is remembered beside the decoder's state.</param>
/// <param name="decoder">The decoder's state; owned from here on.</param>
/// <param name="weight">Its weight in the mean of all views.</param>
internal sealed class SeriesView(Forecaster forecaster, SeriesMemory memory, SequenceState decoder, double weight) : IDisposable
{
    // Tokens of a long update that are computed together.
    private const int BlockTokens = 256;

    private SeriesMemory? _memoryAhead;
    private SequenceState? _decoderAhead;

    public SeriesMemory Memory => memory;

    public SequenceState Decoder => decoder;

    /// <summary>Its weight in the mean of all views.</summary>
    public double Weight => weight;

    /// <summary>What the last token predicts, <c>[L × levels]</c>.</summary>
    public float[] Predicted { get; } = new float[forecaster.Configuration.Quantiles];

    public long ByteSize => decoder.ByteSize + (_decoderAhead?.ByteSize ?? 0) + memory.ByteSize + (_memoryAhead?.ByteSize ?? 0)
        + (sizeof(float) * Predicted.Length);

    private PatchShape Shape => forecaster.Configuration.Shape;

    private bool IsBetweenTokens => memory.Pending > 0;

    /// <summary>Adds values, and reads the tokens that they complete.</summary>
    public void Update(ReadOnlySpan<double> values, ForecastWorkspace w)
    {
        while (!values.IsEmpty)
        {
            int tokens = (int)Math.Min(BlockTokens, ((long)memory.Pending + values.Length) / Shape.Stride);
            w.Reserve(Math.Max(1, tokens));
            int rows = 0;
            do
            {
                memory.Add(values[0]);
                values = values[1..];
                if (memory.Pending == Shape.Stride)
                    WriteToken(memory, w, rows++);
            }
            while (!values.IsEmpty && (rows < tokens || tokens == 0));
            if (rows > 0)
                Read(w, rows);
        }
    }

    /// <summary>Adds the last values of a series, and writes their tokens and those ahead, without reading them. The view is only good for
    /// <see cref="AddWritten"/> then.</summary>
    public void WriteTokens(ForecastWorkspace w, int row, ReadOnlySpan<double> values, int ahead)
    {
        foreach (double value in values)
        {
            memory.Add(value);
            if (memory.Pending == Shape.Stride)
                WriteToken(memory, w, row++);
        }

        WriteAhead(memory, w, row, ahead);
    }

    /// <summary>Adds to a forecast what rows predict whose tokens <see cref="WriteTokens"/> wrote: the last one with an observation, and
    /// those ahead.</summary>
    public void AddWritten(ForecastWorkspace w, int row, int ahead, double share, Span<double> quantiles)
    {
        for (int token = 0; token <= ahead; token++)
            QuantileSteps.Add(Shape, memory.Scale, token, w.QuantilesOf(row + token), share, quantiles);
    }

    /// <summary>Writes the token of the steps since the last one, if there are any, and those ahead. Copies will read them, so that what is
    /// remembered does not change.</summary>
    /// <param name="w">Receives the tokens.</param>
    /// <param name="row">Where they go.</param>
    /// <param name="ahead">The number of tokens ahead.</param>
    /// <param name="sequence">Receives whose tokens they are, where there are any.</param>
    /// <returns>The number of tokens.</returns>
    public int WriteForecast(ForecastWorkspace w, int row, int ahead, ref SequenceInput sequence)
    {
        int rows = (IsBetweenTokens ? 1 : 0) + ahead;
        if (rows == 0)
            return 0;
        _memoryAhead ??= new SeriesMemory(Shape, [.. memory.Seasons]);
        _memoryAhead.CopyFrom(memory);
        decoder.CopyTo(ref _decoderAhead);
        WriteAhead(_memoryAhead, w, row, ahead);
        sequence = new SequenceInput(_decoderAhead!, rows);
        return rows;
    }

    /// <summary>Adds to a forecast what is known since the last token, and what the rows of <see cref="WriteForecast"/> predict.</summary>
    /// <returns>The number of these rows.</returns>
    public int AddForecast(ForecastWorkspace w, int row, int ahead, double share, Span<double> quantiles)
    {
        int token = 0, rows = 0;
        if (!IsBetweenTokens)
            QuantileSteps.Add(Shape, memory.Scale, token++, Predicted, share, quantiles);
        while (token <= ahead)
            QuantileSteps.Add(Shape, _memoryAhead!.Scale, token++, w.QuantilesOf(row + rows++), share, quantiles);
        return rows;
    }

    /// <summary>Copies the view: both go on from here independently.</summary>
    public SeriesView Fork()
    {
        SeriesMemory copied = new(Shape, [.. memory.Seasons]);
        copied.CopyFrom(memory);
        SeriesView copy = new(forecaster, copied, decoder.Fork(), weight);
        Predicted.CopyTo(copy.Predicted, 0);
        return copy;
    }

    public void Dispose()
    {
        decoder.Dispose();
        _decoderAhead?.Dispose();
    }

    private static void WriteToken(SeriesMemory memory, ForecastWorkspace w, int row) =>
        memory.WriteToken(w.FeaturesOf(row), w.NaiveOf(row));

    private void WriteAhead(SeriesMemory memory, ForecastWorkspace w, int row, int ahead)
    {
        if (memory.Pending > 0)
            WriteToken(memory, w, row++);
        for (int token = 0; token < ahead; token++)
        {
            for (int step = 0; step < Shape.Stride; step++)
                memory.Add(double.NaN);
            WriteToken(memory, w, row++);
        }
    }

    /// <summary>Reads the tokens of a workspace, and keeps what the last one predicts.</summary>
    private void Read(ForecastWorkspace w, int rows)
    {
        SequenceInput input = new(decoder, rows);
        forecaster.Read(w, new ReadOnlySpan<SequenceInput>(in input), rows);
        w.Move(rows - 1, 0);
        forecaster.Predict(w, 1);
        w.QuantilesOf(0).CopyTo(Predicted);
    }
}

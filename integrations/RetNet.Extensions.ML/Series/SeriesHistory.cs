using RetNet.Extensions.Core.Forecasting;

namespace RetNet.Extensions.ML.Series;

/// <summary>What is kept of a series that was read, to continue it: its values, or where they are many, the forecaster's state, which is
/// larger than a short series and smaller than a long one.</summary>
/// <param name="Values">The values on the grid of steps; empty where the state is kept.</param>
/// <param name="State">The forecaster's state as it is saved; empty where the values are kept.</param>
/// <param name="Observed">The number of values that were not missing.</param>
/// <param name="Seasons">The season lengths that the forecaster is told.</param>
/// <param name="Place">Where the last row stands in time, see <see cref="SeriesClock.Place"/>.</param>
internal sealed record SeriesHistory(
    double[] Values, byte[] State, long Observed, int[] Seasons, (long First, long Last, long Step) Place)
{
    /// <summary>The most values that are kept as they are.</summary>
    public const int MostValues = 4096;

    /// <summary>Whether the series has no rows.</summary>
    public bool IsEmpty => Values.Length == 0 && State.Length == 0;

    /// <summary>A series without rows.</summary>
    public static SeriesHistory Empty(int[] seasons) => new([], [], 0, seasons, (0, 0, -1));

    /// <summary>The values as a forecaster reads them.</summary>
    public SeriesInput ToInput() => new(Values, new SeriesOptions { SeasonLengths = Seasons });

    public void Write(BinaryWriter writer)
    {
        writer.Write(Values.Length);
        foreach (double value in Values)
            writer.Write(value);
        writer.Write(State.Length);
        writer.Write(State);
        writer.Write(Observed);
        KnownSeries.WriteSeasons(writer, Seasons);
        writer.Write(Place.First);
        writer.Write(Place.Last);
        writer.Write(Place.Step);
    }

    public static SeriesHistory Read(BinaryReader reader)
    {
        double[] values = new double[KnownSeries.ReadCount(reader, MostValues)];
        foreach (ref double value in values.AsSpan())
            value = reader.ReadDouble();
        int length = KnownSeries.ReadCount(reader, int.MaxValue);
        byte[] state = reader.ReadBytes(length);
        if (state.Length < length)
            throw new EndOfStreamException($"The state of a series has {state.Length} bytes; expected {length}.");
        return new SeriesHistory(values, state, reader.ReadInt64(), KnownSeries.ReadSeasons(reader),
            (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64()));
    }
}

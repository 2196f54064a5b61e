using System.Text;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Series;

/// <summary>The series that <c>Fit</c> has read, by name, and how their rows lie in time. It does not change.</summary>
/// <param name="options">Name the columns.</param>
/// <param name="grid">Where steps are.</param>
/// <param name="series">The series.</param>
internal sealed class KnownSeries(
    RetNetSeriesOptions options, SeriesGrid grid, IReadOnlyDictionary<string, SeriesHistory> series)
{
    // Of a series that Fit has not read, the seasons are those that most of the others have.
    private readonly int[] _usualSeasons = options.SeasonLengths ?? series.Values.GroupBy(history => string.Join(' ', history.Seasons))
        .OrderByDescending(group => group.Count()).FirstOrDefault()?.First().Seasons ?? [];

    /// <summary>None.</summary>
    public static KnownSeries None(RetNetSeriesOptions options) =>
        new(options, default, new Dictionary<string, SeriesHistory>());

    /// <summary>The names of the series.</summary>
    public IEnumerable<string> Names => series.Keys;

    /// <summary>The season lengths of a series.</summary>
    public int[] SeasonsOf(string name) => series.TryGetValue(name, out SeriesHistory? history) ? history.Seasons : _usualSeasons;

    /// <summary>A clock for a series, before its first row; null where there are no times.</summary>
    public SeriesClock? ClockOf(string name) =>
        options.TimestampColumnName is { } column ? new SeriesClock(column, Describe(name), grid) : null;

    /// <summary>What errors call a series: its column and its name.</summary>
    public string PlaceOf(string name) => $"Column '{options.InputColumn}', {Describe(name)}";

    /// <summary>What a series is begun from.</summary>
    /// <param name="name">The series.</param>
    /// <param name="continues">Whether the first row follows those that <c>Fit</c> has read, rather than being the first one.</param>
    public SeriesHistory HistoryOf(string name, bool continues) =>
        continues && series.TryGetValue(name, out SeriesHistory? known) ? known : SeriesHistory.Empty(SeasonsOf(name));

    /// <summary>Begins to read a series.</summary>
    /// <param name="forecaster">The forecaster.</param>
    /// <param name="name">The series.</param>
    /// <param name="history">What comes before its next row.</param>
    public LiveSeries Begin(Forecaster forecaster, string name, SeriesHistory history)
    {
        SeriesClock? clock = ClockOf(name);
        if (clock is not null)
            clock.Place = history.Place;
        string place = PlaceOf(name);
        if (history.State.Length > 0)
        {
            using MemoryStream saved = new(history.State, writable: false);
            return new LiveSeries(place, forecaster.RestoreState(saved), clock, null, history.Observed);
        }

        ForecastingState state = forecaster.CreateState(options.ToSeriesOptions(history.Seasons));
        state.Update(history.Values);
        List<double>? values = history.Values.Length > SeriesHistory.MostValues ? null : [.. history.Values];
        return new LiveSeries(place, state, clock, values, history.Observed);
    }

    /// <summary>The series as a forecaster is trained on them.</summary>
    public IReadOnlyList<SeriesInput> ToInputs() => [.. series.Values.Select(history => history.ToInput())];

    /// <summary>The same, with states in place of the values of long series.</summary>
    public KnownSeries Shorten(Forecaster forecaster)
    {
        List<KeyValuePair<string, SeriesHistory>> changed = [];
        foreach ((string name, SeriesHistory history) in series.Where(pair => pair.Value.Values.Length > SeriesHistory.MostValues))
        {
            using LiveSeries live = Begin(forecaster, name, history);
            changed.Add(KeyValuePair.Create(name, live.ToHistory()));
        }

        return With(changed);
    }

    /// <summary>The same, with other histories of some series.</summary>
    public KnownSeries With(IEnumerable<KeyValuePair<string, SeriesHistory>> changed)
    {
        Dictionary<string, SeriesHistory> all = new(series);
        foreach ((string name, SeriesHistory history) in changed)
            all[name] = history;
        return new KnownSeries(options, grid, all);
    }

    /// <summary>Adds the series to an archive.</summary>
    /// <returns>The archive.</returns>
    public ArchiveWriter WriteTo(ArchiveWriter archive) => archive.Add(ArchiveNames.Series, stream =>
    {
        using BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true);
        grid.Write(writer);
        writer.Write(series.Count);
        foreach ((string name, SeriesHistory history) in series)
        {
            writer.Write(name);
            history.Write(writer);
        }
    });

    /// <summary>Reads what <see cref="WriteTo"/> wrote.</summary>
    /// <exception cref="FormatException">The archive is damaged.</exception>
    public static KnownSeries Read(ArchiveReader archive, RetNetSeriesOptions options) => archive.Read(ArchiveNames.Series, stream =>
    {
        try
        {
            using BinaryReader reader = new(stream, Encoding.UTF8, leaveOpen: true);
            SeriesGrid grid = SeriesGrid.Read(reader);
            Dictionary<string, SeriesHistory> series = [];
            for (int count = ReadCount(reader, int.MaxValue); count > 0; count--)
                series.Add(reader.ReadString(), SeriesHistory.Read(reader));
            return new KnownSeries(options, grid, series);
        }
        catch (Exception exception) when (exception is IOException or ArgumentException)
        {
            throw Damaged(exception.Message);
        }
    });

    internal static int ReadCount(BinaryReader reader, int most)
    {
        int count = reader.ReadInt32();
        return count >= 0 && count <= most
            ? count
            : throw Damaged($"a list has {count} items; expected 0 to {most}");
    }

    internal static void WriteSeasons(BinaryWriter writer, int[] seasons)
    {
        writer.Write(seasons.Length);
        foreach (int season in seasons)
            writer.Write(season);
    }

    internal static int[] ReadSeasons(BinaryReader reader)
    {
        int[] seasons = new int[ReadCount(reader, SeriesOptions.MostSeasons)];
        foreach (ref int season in seasons.AsSpan())
            season = reader.ReadInt32();
        return seasons;
    }

    // ML.NET wraps what loaders throw, so that the innermost exception is the one that says what is damaged.
    internal static FormatException Damaged(string fault) =>
        new($"The model archive is damaged: entry '{ArchiveNames.Series}' is malformed ({fault}).");

    private string Describe(string name) =>
        options.GroupColumnName is { } column ? $"series '{name}' of column '{column}'" : "the series";
}

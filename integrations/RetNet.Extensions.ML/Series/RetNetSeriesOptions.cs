using System.Text.Json.Serialization;
using RetNet.Extensions.Core.Forecasting;
using static RetNet.Extensions.ML.Models.OptionChecks;

namespace RetNet.Extensions.ML.Series;

/// <summary>The options that the stages for series share.</summary>
/// <remarks>Everything but the model's path and the threads is saved with the model.</remarks>
public abstract class RetNetSeriesOptions
{
    /// <summary>The folder of a forecaster: config.json and model.safetensors. Default null: the weights that are part of this
    /// library.</summary>
    [JsonIgnore]
    public string? ModelPath { get; set; }

    /// <summary>The column to add. Required.</summary>
    public string OutputColumnName { get; set; } = "";

    /// <summary>The column of values, <see cref="float"/> or <see cref="double"/>; NaN for a missing one. Default null: the column named
    /// <see cref="OutputColumnName"/>, which the new one then hides.</summary>
    public string? InputColumnName { get; set; }

    /// <summary>The column that tells the series of a data view apart: text, key, Boolean or integer. Rows whose text is missing are one
    /// series; a missing key is an error. Default null: all rows are one series.</summary>
    public string? GroupColumnName { get; set; }

    /// <summary>The column of timestamps: <see cref="DateTime"/>, <see cref="DateTimeOffset"/>, <see cref="int"/> or <see cref="long"/>,
    /// ascending within each series. Default null: each row is the next step of its series.</summary>
    /// <remarks>The step is found in the data that <c>Fit</c> reads, see <see cref="TimeStep.Infer"/>: of numbers the most frequent
    /// difference, of dates also months, and Monday to Friday where ten or more daily rows have no weekend. A row belongs to the step that
    /// is nearest to it, counted from the first row of its series; steps without a row are missing values; two rows in one step, rows in
    /// descending order, or a weekend among days from Monday to Friday are an error. Times with offsets are instants, or those of a clock
    /// where they were written, as the data that <c>Fit</c> reads say, see <see cref="TimeStep.AreLocal"/>.</remarks>
    public string? TimestampColumnName { get; set; }

    /// <summary>The lengths of the seasons in steps, such as 12 for months, or 24 and 168 for hours: at most two. Empty for none. Default
    /// null: those that are usual for the time of a step, such as 7 for days, if the series holds them at least twice in the data that
    /// <c>Fit</c> reads and does not show that it has none; otherwise those that it shows there.</summary>
    public int[]? SeasonLengths { get; set; }

    /// <summary>The number of views of a series whose forecasts are averaged, see <see cref="SeriesOptions.Views"/>: more
    /// cost more time and memory. Default 3.</summary>
    public int Views { get; set; } = SeriesOptions.Default.Views;

    /// <summary>Whether the rows that are transformed follow those that <c>Fit</c> has read: test data behind training data. Default false:
    /// they begin with the first row of each series, which may be the same data. A time series engine always continues.</summary>
    public bool ContinueSeries { get; set; }

    /// <summary>Threads that the model uses at most; 0, the default, for one per processor.</summary>
    [JsonIgnore]
    public int Threads { get; set; }

    internal string InputColumn => InputColumnName ?? OutputColumnName;

    /// <summary>The seasons of a series.</summary>
    /// <param name="values">Its values.</param>
    /// <param name="step">The time of a step; one that is not known where times are not dates.</param>
    internal int[] SeasonsOf(ReadOnlySpan<double> values, TimeStep step = default) => SeasonLengths ?? [.. step.SeasonsOf(values)];

    /// <summary>What a forecaster is told of a series with these seasons.</summary>
    internal SeriesOptions ToSeriesOptions(int[] seasons) => new() { SeasonLengths = seasons, Views = Views };

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    internal virtual void Validate()
    {
        Require(!string.IsNullOrEmpty(OutputColumnName), nameof(OutputColumnName), OutputColumnName, "the name of a column");
        RequireNameOrNull(InputColumnName, nameof(InputColumnName));
        RequireNameOrNull(GroupColumnName, nameof(GroupColumnName));
        RequireNameOrNull(TimestampColumnName, nameof(TimestampColumnName));
        Require(ModelPath is null || !string.IsNullOrWhiteSpace(ModelPath), nameof(ModelPath), ModelPath,
            "the folder of a forecaster (config.json, model.safetensors), or null");
        Require(SeasonLengths is not { Length: > SeriesOptions.MostSeasons }, nameof(SeasonLengths), SeasonLengths?.Length,
            $"at most {SeriesOptions.MostSeasons} lengths");
        foreach (int length in SeasonLengths ?? [])
        {
            Require(length is >= 2 and <= SeriesOptions.LongestSeason, nameof(SeasonLengths), length,
                $"lengths of 2 to {SeriesOptions.LongestSeason} steps");
        }

        Require(SeasonLengths is not [int first, int second] || first != second, nameof(SeasonLengths),
            SeasonLengths is [int same, ..] ? $"{same} twice" : null, "two different lengths");
        Require(Views is >= 1 and <= SeriesOptions.MostViews, nameof(Views), Views, $"1 to {SeriesOptions.MostViews}");
        RequireRun(Threads);
    }

    /// <summary>A copy, so that what the caller changes later has no effect.</summary>
    internal virtual RetNetSeriesOptions Copy()
    {
        RetNetSeriesOptions copy = (RetNetSeriesOptions)MemberwiseClone();
        copy.SeasonLengths = (int[]?)SeasonLengths?.Clone();
        return copy;
    }

    private protected static void RequireNameOrNull(string? name, string option) =>
        Require(name != "", option, name, "the name of a column, or null");
}

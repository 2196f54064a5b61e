namespace RetNet.Extensions.Core.Forecasting.Training;

/// <summary>Where training series come from.</summary>
internal interface ISeriesSource
{
    /// <summary>The number of series of one pass; infinite where each is new.</summary>
    double Count { get; }

    /// <summary>Names the series, so that a resumed training knows its own.</summary>
    string Fingerprint { get; }

    /// <summary>A series, the same for the same index. Safe for concurrent calls.</summary>
    TrainingSeries Get(long index);
}

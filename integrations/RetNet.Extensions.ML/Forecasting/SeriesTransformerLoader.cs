using Microsoft.ML;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Series;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>Reads the transformers of series from a model archive.</summary>
internal static class SeriesTransformerLoader
{
    /// <summary>Reads options, series and model.</summary>
    /// <exception cref="FormatException">The archive is damaged.</exception>
    /// <exception cref="CheckpointException">Its model is malformed.</exception>
    public static ITransformer Load<TOptions>(
        IHost host, ArchiveReader archive, Func<HeldForecaster, TOptions, KnownSeries, RetNetSeriesTransformer> create)
        where TOptions : RetNetSeriesOptions
    {
        host.CheckAlive();
        TOptions options = archive.ReadSettings<TOptions>();
        try
        {
            options.Validate();
        }
        catch (ArgumentException exception)
        {
            // ML.NET wraps what loaders throw, so that the innermost exception is the one that says what is damaged.
            throw new FormatException(
                $"The model archive is damaged: the values of '{ArchiveNames.Settings}' are out of range ({exception.Message}).");
        }

        KnownSeries series = KnownSeries.Read(archive, options);
        return create(HeldForecaster.Read(archive), options, series);
    }
}

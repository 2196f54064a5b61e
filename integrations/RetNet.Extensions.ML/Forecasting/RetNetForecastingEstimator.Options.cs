using System.Text.Json.Serialization;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.ML.Series;
using static RetNet.Extensions.ML.Models.OptionChecks;

namespace RetNet.Extensions.ML.Forecasting;

/// <content>The options.</content>
public sealed partial class RetNetForecastingEstimator
{
    /// <summary>What is forecast.</summary>
    public sealed class Options : RetNetSeriesOptions
    {
        /// <summary>The number of steps to forecast, 1 to 1000. Required.</summary>
        public int Horizon { get; set; }

        /// <summary>The probability that a value lies between the bounds, at least 0 and below 1. Default 0.95.</summary>
        public float ConfidenceLevel { get; set; } = 0.95f;

        /// <summary>The column of lower bounds to add. Default null: none.</summary>
        public string? ConfidenceLowerBoundColumn { get; set; }

        /// <summary>The column of upper bounds to add. Default null: none.</summary>
        public string? ConfidenceUpperBoundColumn { get; set; }

        /// <summary>The column of quantiles to add, a vector <c>[horizon × 9]</c> of the levels 0.1 to 0.9, whose slots are named by step
        /// and level, such as <c>1:0.1</c>. Default null: none.</summary>
        public string? QuantilesColumn { get; set; }

        /// <summary>Where a row holds a whole series: how many rows a cursor reads ahead and forecasts together at most. Default
        /// 256.</summary>
        public int BatchSize { get; set; } = 256;

        /// <summary>How the model is trained further on the series that <c>Fit</c> reads. Default null: not at all.</summary>
        [JsonIgnore]
        public RetNetFineTuningOptions? FineTuning { get; set; }

        /// <summary>Whether <c>Fit</c> has found a whole series per row.</summary>
        [JsonInclude]
        internal bool IsWide { get; set; }

        internal override RetNetSeriesOptions Copy()
        {
            Options copy = (Options)base.Copy();
            copy.FineTuning = FineTuning?.Copy();
            return copy;
        }

        internal override void Validate()
        {
            base.Validate();
            Require(Horizon is >= 1 and <= Forecaster.MaximumHorizon, nameof(Horizon), Horizon,
                $"1 to {Forecaster.MaximumHorizon} steps");
            Require(ConfidenceLevel is >= 0 and < 1, nameof(ConfidenceLevel), ConfidenceLevel, "at least 0 and below 1");
            FineTuning?.Validate();
            Require(BatchSize is >= 1 and <= 1 << 16, nameof(BatchSize), BatchSize, "1 to 65536");
            Dictionary<string, string> taken = new() { [OutputColumnName] = nameof(OutputColumnName) };
            foreach ((string option, string? name) in ((string, string?)[])[
                (nameof(ConfidenceLowerBoundColumn), ConfidenceLowerBoundColumn),
                (nameof(ConfidenceUpperBoundColumn), ConfidenceUpperBoundColumn), (nameof(QuantilesColumn), QuantilesColumn)])
            {
                RequireNameOrNull(name, option);
                Require(name is null || taken.TryAdd(name, option), option, name, "a name that no other column to add has");
            }
        }
    }
}

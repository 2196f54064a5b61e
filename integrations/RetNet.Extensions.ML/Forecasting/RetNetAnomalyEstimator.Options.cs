using RetNet.Extensions.ML.Series;
using static RetNet.Extensions.ML.Models.OptionChecks;

namespace RetNet.Extensions.ML.Forecasting;

/// <content>The options.</content>
public sealed partial class RetNetAnomalyEstimator
{
    /// <summary>What is an anomaly.</summary>
    public sealed class Options : RetNetSeriesOptions
    {
        /// <summary>How certain an alert is, in percent, from 0 to 100: of the values of a series that goes on as before,
        /// 100 − <see cref="Confidence"/> percent are alerts. Default 95.</summary>
        public double Confidence { get; set; } = 95;

        /// <summary>On which side of the forecast anomalies lie. Default <see cref="RetNetAnomalySide.TwoSided"/>.</summary>
        public RetNetAnomalySide Side { get; set; } = RetNetAnomalySide.TwoSided;

        internal override void Validate()
        {
            base.Validate();
            Require(Confidence is >= 0 and <= 100, nameof(Confidence), Confidence, "0 to 100 percent");
            RequireDefined(Side, nameof(Side));
        }
    }
}

using static RetNet.Extensions.ML.Models.OptionChecks;

namespace RetNet.Extensions.ML.Transforms;

/// <content>The options.</content>
public sealed partial class RetNetPerplexityEstimator
{
    /// <summary>How texts become numbers.</summary>
    public sealed class Options : RetNetTextOptions
    {
        /// <summary>What the number is. Default: <see cref="PerplexityMeasure.Perplexity"/>.</summary>
        public PerplexityMeasure Measure { get; set; } = PerplexityMeasure.Perplexity;

        internal override void Validate()
        {
            base.Validate();
            RequireDefined(Measure, nameof(Measure));
        }
    }
}

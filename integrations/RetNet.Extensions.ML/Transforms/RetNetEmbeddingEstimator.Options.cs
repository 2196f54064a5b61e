using RetNet.Extensions.Core.Generation.Scoring;
using static RetNet.Extensions.ML.Models.OptionChecks;

namespace RetNet.Extensions.ML.Transforms;

/// <content>The options.</content>
public sealed partial class RetNetEmbeddingEstimator
{
    /// <summary>How texts become vectors.</summary>
    public sealed class Options : RetNetTextOptions
    {
        /// <summary>How the hidden states of a text's tokens become one vector. Default: <see cref="EmbeddingPooling.Mean"/>.</summary>
        public EmbeddingPooling Pooling { get; set; } = EmbeddingPooling.Mean;

        /// <summary>Whether vectors are scaled to length 1 (L2). Default true.</summary>
        public bool Normalize { get; set; } = true;

        internal override void Validate()
        {
            base.Validate();
            Require(Enum.IsDefined(Pooling), nameof(Pooling), Pooling, string.Join(", ", Enum.GetNames<EmbeddingPooling>()));
        }
    }
}

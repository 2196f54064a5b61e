using System.Text.Json.Serialization;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.ML.Rows;
using static RetNet.Extensions.ML.Models.OptionChecks;

namespace RetNet.Extensions.ML.Transforms;

/// <content>The options.</content>
public sealed partial class RetNetEmbeddingEstimator
{
    /// <summary>How texts become vectors.</summary>
    public sealed class Options : RetNetTextOptions
    {
        /// <summary>How the hidden states of a text's tokens become one vector. Default null: as the model's files say, else
        /// <see cref="EmbeddingPooling.Mean"/>.</summary>
        public EmbeddingPooling? Pooling { get; set; }

        /// <summary>Whether vectors are scaled to length 1 (L2). Default null: as the model's files say, else true.</summary>
        public bool? Normalize { get; set; }

        /// <summary>The length of the vectors: the first values of each, which are then scaled to length 1 where <see cref="Normalize"/> is
        /// true. For models that were trained so (Matryoshka). Default null: the model's width.</summary>
        public int? Dimensions { get; set; }

        /// <summary>The name of one of the model's prompts that is put before each text, such as <c>query</c>. Default null: the model's
        /// default prompt, if it has one.</summary>
        public string? Prompt { get; set; }

        /// <summary>What is put before each text instead of a prompt of the model, such as <c>query: </c>. Default null.</summary>
        public string? Prefix { get; set; }

        /// <summary>Bytes of vectors that the result of <c>Transform</c> remembers, at most, for trainers that read their rows again and
        /// again; 0 for none. They are released with it, for a trainer in a pipeline at the end of <c>Fit</c>. When there is no room for
        /// more, the vectors of other texts are computed each time. Default 128 MiB. Not saved with the model.</summary>
        [JsonIgnore]
        public long RememberedBytes { get; set; } = RememberedVectors.DefaultBytes;

        internal EmbeddingOptions Embedding => new()
        {
            Pooling = Pooling,
            Normalize = Normalize,
            Dimensions = Dimensions,
            Prompt = Prompt,
            Prefix = Prefix,
            MaxTokens = ContextLength > 0 ? ContextLength : null,
        };

        internal override void Validate()
        {
            base.Validate();
            if (Pooling is { } pooling)
                RequireDefined(pooling, nameof(Pooling));
            Require(RememberedBytes >= 0, nameof(RememberedBytes), RememberedBytes, "0 or more");
            Require(Dimensions is null or > 0, nameof(Dimensions), Dimensions, "1 or more, or null");
        }
    }
}

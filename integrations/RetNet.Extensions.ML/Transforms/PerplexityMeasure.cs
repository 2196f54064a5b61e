namespace RetNet.Extensions.ML.Transforms;

/// <summary>How surprised a model is by a text.</summary>
public enum PerplexityMeasure
{
    /// <summary>exp(mean of −ln p over the text's tokens), 1 or more.</summary>
    Perplexity,

    /// <summary>The mean of −ln p over the text's tokens, in nats.</summary>
    MeanNegativeLogLikelihood,
}

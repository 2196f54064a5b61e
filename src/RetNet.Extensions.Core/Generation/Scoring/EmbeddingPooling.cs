namespace RetNet.Extensions.Core.Generation.Scoring;

/// <summary>How the hidden states of a sequence's tokens become one vector.</summary>
public enum EmbeddingPooling
{
    /// <summary>The mean over all tokens.</summary>
    Mean,

    /// <summary>The hidden state of the last token, which has seen the whole sequence.</summary>
    LastToken,

    /// <summary>The hidden state of the first token, such as BERT's <c>[CLS]</c>; for encoders, whose tokens see the whole
    /// sequence.</summary>
    FirstToken,

    /// <summary>The largest value over all tokens, for each dimension.</summary>
    Max,
}

namespace RetNet.Extensions.Core.Generation;

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>The model wrote a stop token, or its text reached a stop string.</summary>
    Stop,

    /// <summary>The largest number of tokens was reached.</summary>
    Length,
}

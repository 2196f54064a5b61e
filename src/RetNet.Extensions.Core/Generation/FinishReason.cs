namespace RetNet.Extensions.Core.Generation;

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>The model wrote a stop token, its text reached a stop string, or its grammar lets nothing follow.</summary>
    Stop,

    /// <summary>The largest number of tokens was reached.</summary>
    Length,
}

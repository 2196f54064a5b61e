namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>What becomes of the text that a pattern matched.</summary>
internal enum SplitBehavior
{
    /// <summary>A match is dropped.</summary>
    Removed,

    /// <summary>A match is a piece of its own.</summary>
    Isolated,

    /// <summary>A match ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>A match begins the piece after it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring matches are one piece.</summary>
    Contiguous,
}

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>A token that is found in a text as it is written.</summary>
/// <param name="Content">Its text.</param>
/// <param name="IsSpecial">Whether it is a control token.</param>
internal readonly record struct WrittenToken(string Content, bool IsSpecial)
{
    /// <summary>Whether white space before it belongs to it.</summary>
    public bool TakesSpaceBefore { get; init; }

    /// <summary>Whether white space after it belongs to it.</summary>
    public bool TakesSpaceAfter { get; init; }

    /// <summary>Whether it counts only where it is no part of a word.</summary>
    public bool IsWholeWord { get; init; }
}

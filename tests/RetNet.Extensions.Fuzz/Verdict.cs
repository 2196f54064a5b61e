namespace RetNet.Extensions.Fuzz;

/// <summary>What became of an input.</summary>
/// <param name="Outcome">Whether the input was read.</param>
/// <param name="Fault">What is wrong with the reader; null unless it failed.</param>
internal sealed record Verdict(Outcome Outcome, string? Fault = null);

/// <summary>How reading an input ended.</summary>
internal enum Outcome
{
    /// <summary>It was read.</summary>
    Accepted,

    /// <summary>It was refused by an exception that is made for that.</summary>
    Refused,

    /// <summary>Another exception was thrown, or it took too much time or memory.</summary>
    Failed,
}

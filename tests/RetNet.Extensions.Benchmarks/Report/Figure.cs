namespace RetNet.Extensions.Benchmarks.Report;

/// <summary>One line of the result: what was measured, beside what it is compared with and what it should reach.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Ours">Our value, with its unit.</param>
/// <param name="Theirs">What it is compared with, and its name where that is not llama.cpp; empty where the value stands alone.</param>
/// <param name="Result">The number that the target is about.</param>
/// <param name="ResultText">The number as it is written.</param>
internal sealed record Figure(string Name, string Ours, string Theirs, double Result, string ResultText)
{
    /// <summary>What should be reached; null where nothing was promised.</summary>
    public Target? Target { get; init; }

    /// <summary>The share of the machine's speed that our value is; empty where that says nothing.</summary>
    public string Share { get; init; } = "";

    public string TargetText => Target?.Text ?? "";

    /// <summary>yes or no; empty without a target.</summary>
    public string Reached => Target is null ? "" : Target.IsReachedBy(Result) ? "yes" : "no";
}

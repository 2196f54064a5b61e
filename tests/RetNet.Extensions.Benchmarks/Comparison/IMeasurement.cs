namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>Some figures that are measured together.</summary>
internal interface IMeasurement
{
    /// <summary>What <c>--only</c> calls it.</summary>
    string Name { get; }

    /// <summary>Measures, and adds the samples to the session's log.</summary>
    void Run(Session session);
}

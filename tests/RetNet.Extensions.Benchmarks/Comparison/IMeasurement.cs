namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>Some figures that are measured together.</summary>
internal interface IMeasurement
{
    /// <summary>Its name in <c>--only</c>.</summary>
    string Name { get; }

    /// <summary>Measures, and adds the samples to the session's log.</summary>
    void Run(Session session);
}

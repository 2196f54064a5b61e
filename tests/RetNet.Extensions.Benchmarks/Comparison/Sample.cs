namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>One measurement, a line of the raw data.</summary>
/// <param name="Series">What was measured.</param>
/// <param name="Round">The round, from 0.</param>
/// <param name="Value">The value, in the unit that <see cref="Measures"/> says.</param>
internal sealed record Sample(Series Series, int Round, double Value);

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>A quantity that is measured repeatedly.</summary>
/// <param name="Measure">The quantity, one of <see cref="Measures"/>.</param>
/// <param name="Engine">The engine that was measured.</param>
/// <param name="Format">How the weights are kept; empty where there are none.</param>
/// <param name="Context">Tokens before those that are measured, or of the prompt; 0 where there are none.</param>
internal readonly record struct Series(string Measure, string Engine, string Format = "", int Context = 0);

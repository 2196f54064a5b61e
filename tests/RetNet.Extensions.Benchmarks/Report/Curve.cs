namespace RetNet.Extensions.Benchmarks.Report;

/// <summary>A line of a plot.</summary>
/// <param name="Name">Written at its end.</param>
/// <param name="Color">As SVG has it.</param>
/// <param name="Points">From left to right.</param>
internal sealed record Curve(string Name, string Color, IReadOnlyList<(double X, double Y)> Points);

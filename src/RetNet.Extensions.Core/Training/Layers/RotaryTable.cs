namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>A rotary embedding as training computes it.</summary>
/// <param name="Frequencies">The angle per position of each pair of a head's values, for a sequence of some length.</param>
/// <param name="Factor">Factor of the cosines and sines.</param>
internal readonly record struct RotaryTable(Func<long, float[]> Frequencies, float Factor = 1);

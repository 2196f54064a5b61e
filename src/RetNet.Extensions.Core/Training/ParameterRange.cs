namespace RetNet.Extensions.Core.Training;

/// <summary>The place of one tensor among all parameters of a model or head.</summary>
/// <param name="Offset">Its first value.</param>
/// <param name="Length">The number of its values.</param>
internal readonly record struct ParameterRange(long Offset, long Length);

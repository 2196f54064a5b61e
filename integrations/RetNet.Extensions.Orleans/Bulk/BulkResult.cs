namespace RetNet.Extensions.Orleans.Bulk;

/// <summary>What a worker made of a text.</summary>
/// <param name="Index">The number of the text, from 0.</param>
/// <param name="Values">The numbers.</param>
public sealed record BulkResult(long Index, IReadOnlyList<float> Values);

namespace RetNet.Extensions.AspNetCore.Health;

/// <summary>How a model is.</summary>
/// <param name="State"><c>loading</c>, <c>ready</c> or <c>failed</c>.</param>
/// <param name="Device">Where it is computed; null if it is not ready.</param>
/// <param name="Queued">The number of requests that wait for its batch.</param>
/// <param name="Running">The number of requests in its batch.</param>
internal sealed record ModelHealth(string State, string? Device, int? Queued, int? Running);

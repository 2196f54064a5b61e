namespace RetNet.Extensions.AI;

/// <summary>A request that does not wait (<c>refuse_when_busy</c>) found the queue of its model full. Send it again later.</summary>
/// <param name="modelId">The name of the model.</param>
/// <param name="queuedRequests">The number of requests that wait.</param>
public sealed class QueueFullException(string modelId, int queuedRequests) : InvalidOperationException(
    $"The queue of model '{modelId}' is full: {queuedRequests} requests wait. Send the request again later, or without "
    + $"{RequestProperties.RefuseWhenBusyKey}.")
{
    /// <summary>The number of requests that waited.</summary>
    public int QueuedRequests { get; } = queuedRequests;
}

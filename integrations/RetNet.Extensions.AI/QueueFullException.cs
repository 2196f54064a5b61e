namespace RetNet.Extensions.AI;

/// <summary>A request that does not wait (<c>refuse_when_busy</c>) found the queue of its model full. Send it again later.</summary>
public class QueueFullException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="modelId">The name of the model.</param>
    /// <param name="queuedRequests">The number of requests that wait.</param>
    public QueueFullException(string modelId, int queuedRequests)
        : this($"The queue of model '{modelId}' is full: {queuedRequests} requests wait. Send the request again later, or without "
            + $"{RequestProperties.RefuseWhenBusyKey}.") => QueuedRequests = queuedRequests;

    /// <summary>Creates the exception for a place other than the queue of a model.</summary>
    /// <param name="message">What is full, and when to send the request again.</param>
    protected QueueFullException(string message)
        : base(message)
    {
    }

    /// <summary>The number of requests that waited.</summary>
    public int QueuedRequests { get; }
}

namespace RetNet.Extensions.AI.Embeddings;

/// <summary>The requests of a generator that compute vectors, and those that wait for that in the order of their arrival.
/// Thread-safe.</summary>
internal sealed class EmbeddingLine
{
    // Each computes on a thread of its own; chats and the application need some, too.
    private readonly SemaphoreSlim _places = new(Math.Max(1, Environment.ProcessorCount / 2));
    private int _waiting;

    /// <summary>Waits until a request may compute; <see cref="Leave"/> ends that.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="mostWaiting">How many requests may wait where one more is to be refused; null where none is.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <exception cref="QueueFullException">So many wait already.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task EnterAsync(string model, int? mostWaiting, CancellationToken cancellationToken)
    {
        if (_places.Wait(0, CancellationToken.None))
            return;
        try
        {
            if (Interlocked.Increment(ref _waiting) > mostWaiting)
                throw new QueueFullException(model, mostWaiting.Value);
            await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Leave() => _places.Release();
}

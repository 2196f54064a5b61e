using System.Runtime.CompilerServices;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>A turn while it is answered. Whoever asks for it again joins it and reads it from the beginning. Used on the grain's scheduler
/// only.</summary>
internal sealed class RunningTurn(CancellationToken stopping) : IDisposable
{
    /// <summary>How often a reader that waits is told so.</summary>
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _cancellation = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    private readonly List<TurnUpdate> _updates = [];
    private TaskCompletionSource _changed = NewSignal();
    private int _readers;
    private bool _isComplete;
    private Exception? _error;

    /// <summary>Cancelled when all readers have left, or when the grain stops.</summary>
    public CancellationToken Cancellation => _cancellation.Token;

    public void Add(TurnUpdate update)
    {
        _updates.Add(update);
        Signal();
    }

    /// <param name="error">Why the turn failed; null if it is complete.</param>
    public void End(Exception? error)
    {
        (_isComplete, _error) = (true, error);
        Signal();
    }

    public async IAsyncEnumerable<TurnUpdate> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _readers++;
        try
        {
            for (int read = 0; ; read++)
            {
                while (read == _updates.Count && !_isComplete)
                {
                    Task changed = _changed.Task;
                    await changed.WaitAsync(SignOfLife, cancellationToken).ConfigureAwait(
                        ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
                    if (changed.IsCompleted)
                        continue;
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return TurnUpdate.Waiting;
                }

                if (read == _updates.Count)
                    break;
                yield return _updates[read];
            }

            if (_error is not null)
                throw _error;
        }
        finally
        {
            if (--_readers == 0 && !_isComplete)
                await _cancellation.CancelAsync();
        }
    }

    public void Dispose() => _cancellation.Dispose();

    private void Signal()
    {
        TaskCompletionSource changed = _changed;
        _changed = NewSignal();
        changed.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

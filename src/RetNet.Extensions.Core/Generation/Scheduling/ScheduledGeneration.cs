using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>A request that a <see cref="BatchScheduler"/> has taken: the text as it is generated, the result at the end, and
/// cancellation.</summary>
/// <remarks>It has one reader, which may be slow; other members are thread-safe. Dispose it when it is no longer needed.</remarks>
public sealed class ScheduledGeneration : IDisposable
{
    private readonly BatchScheduler _scheduler;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<GenerationResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _registration;
    private SequenceState? _kept;
    private volatile OperationCanceledException? _cancellation;
    private bool _isDisposed;

    internal ScheduledGeneration(BatchScheduler scheduler, GenerationRequest request, long stateBytes)
    {
        (_scheduler, Request, ReservedBytes) = (scheduler, request, stateBytes);
        Place = new LinkedListNode<ScheduledGeneration>(this);
    }

    /// <summary>The text that the last <see cref="ReadAsync"/> brought, valid until the next; often a token's, sometimes none.</summary>
    public ReadOnlySpan<char> Text => Output.Text;

    /// <summary>The tokens that the last <see cref="ReadAsync"/> brought, valid until the next.</summary>
    public ReadOnlySpan<int> Tokens => Output.Tokens;

    /// <summary>The number of prompt tokens that were not computed, because a state that had seen them existed. Known once the first token
    /// is.</summary>
    public int CachedTokens { get; internal set; }

    /// <summary>
    /// The whole generation. Ends with an <see cref="OperationCanceledException"/> when it was cancelled or scheduler, model or state were
    /// disposed meanwhile, and with its own exception when it failed. When it has ended, the scheduler does not touch the request's state
    /// any more.
    /// </summary>
    public Task<GenerationResult> Result => _result.Task;

    internal GenerationRequest Request { get; }

    internal GenerationOptions Options => Request.Options ?? BatchScheduler.DefaultOptions;

    /// <summary>The largest size of the state.</summary>
    internal long ReservedBytes { get; }

    /// <summary>Its place in the queue.</summary>
    internal LinkedListNode<ScheduledGeneration> Place { get; }

    internal GenerationOutput Output { get; } = new();

    /// <summary>Why it was cancelled; null if it was not.</summary>
    internal OperationCanceledException? Cancellation => _cancellation;

    internal bool HasEnded => _result.Task.IsCompleted;

    /// <summary>The generation itself, from the moment when it joins the batch.</summary>
    internal Completion? Completion { get; set; }

    /// <summary>Its input in the present step.</summary>
    internal SequenceInput Input { get; set; }

    /// <summary>The end of the prefix whose state is kept once the prompt has been read up to there; 0 for none.</summary>
    internal int PrefixEnd { get; set; }

    /// <summary>True once the state from which the prompt is read is known.</summary>
    internal bool HasStarted { get; set; }

    /// <summary>Takes what was written since the last read, or waits for more. Allocates nothing.</summary>
    /// <returns>False when all was read and the generation has ended.</returns>
    /// <exception cref="InvalidOperationException">Another read is under way.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, or scheduler, model or state were disposed.</exception>
    public ValueTask<bool> ReadAsync() => Output.ReadAsync();

    /// <summary>Leaves queue or batch, by the next step at the latest. Reads end at once.</summary>
    public void Cancel() => Cancel(CancellationToken.None);

    /// <summary>The state after a generation whose request says <see cref="GenerationRequest.KeepState"/>; the caller's from here on. It
    /// has seen all but the last token.</summary>
    /// <returns>The state.</returns>
    /// <exception cref="InvalidOperationException">There is none: it was not kept, the generation did not succeed, it was taken already, or
    /// it is the request's own.</exception>
    public SequenceState TakeState()
    {
        lock (_gate)
        {
            SequenceState state = _kept
                ?? throw new InvalidOperationException("There is no state to take: it is there once, after the end of a generation that "
                + "was not cancelled and whose request says KeepState and names no state.");
            _kept = null;
            return state;
        }
    }

    /// <summary>Cancels the generation if it has not ended, and releases a state that was not taken.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _kept?.Dispose();
            _kept = null;
        }

        Cancel();
    }

    /// <summary>Cancels it when a token is cancelled.</summary>
    internal void Observe(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static (generation, token) => ((ScheduledGeneration)generation!).Cancel(token),
                this);
        }
    }

    /// <summary>Keeps the state for <see cref="TakeState"/>.</summary>
    internal void Keep(SequenceState state)
    {
        lock (_gate)
        {
            if (_isDisposed)
                state.Dispose();
            else
                _kept = state;
        }
    }

    internal void End(GenerationResult result)
    {
        _registration.Unregister();
        Output.End(failure: null);
        _result.TrySetResult(result);
    }

    internal void End(Exception failure)
    {
        _registration.Unregister();
        Output.End(failure);
        _result.TrySetException(failure);

        // A reader of the text sees the failure too, so the task counts as observed.
        _ = _result.Task.Exception;
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        if (HasEnded)
            return;
        _cancellation = new OperationCanceledException("The generation was cancelled.", cancellationToken);
        Output.End(_cancellation);
        _scheduler.LeaveQueue(this);
    }
}

using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>Generates the texts of many requests with one running batch, which they join and leave at any step (continuous batching).
/// Thread-safe.</summary>
/// <remarks>
/// <para>
/// A step is one forward: a token of every sequence that decodes, and beside them up to <see cref="BatchSchedulerOptions.PrefillChunk"/>
/// tokens of the prompts, which take turns. Requests join in the order of their arrival, as soon as the batch and the budget for states
/// have room for them; a request that waits for room is not overtaken. On the CPU the result of a request is bit for bit the one that <see
/// cref="Generator"/> computes for it alone.
/// </para>
/// <para>
/// One thread works while there are requests, and none is held otherwise. An invalid request is refused at once; a request that fails later
/// ends with its own exception and does not affect the others.
/// </para>
/// </remarks>
public sealed partial class BatchScheduler : IDisposable, IAsyncDisposable
{
    private readonly LanguageModel _model;
    private readonly Tokenizer? _tokenizer;
    private readonly BatchSchedulerOptions _options;
    private readonly MemoryBudget _budget;

    // One for each request that waits or runs.
    private readonly SemaphoreSlim _places;
    private readonly CancellationTokenSource _disposing = new();
    private readonly StateStore _states;
    private readonly RunningBatch _batch;
    private readonly List<ScheduledGeneration> _joining = [];

    // The gate guards what follows. _batch and _joining belong to the working thread.
    private readonly Lock _gate = new();
    private readonly LinkedList<ScheduledGeneration> _queue = new();
    private int _running;
    private bool _isDisposed;
    private TaskCompletionSource? _work;

    /// <summary>Creates a scheduler. It holds no thread before the first request.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="tokenizer">Turns tokens into text; without one, only tokens come out and stop strings cannot be used.</param>
    /// <param name="options">The limits; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public BatchScheduler(LanguageModel model, Tokenizer? tokenizer = null, BatchSchedulerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        _options = options ?? new BatchSchedulerOptions();
        _options.Validate();
        (_model, _tokenizer) = (model, tokenizer);
        _budget = _options.CreateBudget();
        SchedulerMetrics.Observe(model);
        _places = new SemaphoreSlim(_options.MaxRequests);
        _states = new StateStore(_budget, _options.KeptStateBytes, Resume);
        _budget.Add(_states, model);
        _batch = new RunningBatch(model, tokenizer, _options, _states, Release, _disposing.Token);
    }

    /// <summary>The number of requests that wait for the batch.</summary>
    public int QueuedRequests
    {
        get
        {
            lock (_gate)
                return _queue.Count;
        }
    }

    /// <summary>The number of sequences in the batch.</summary>
    public int RunningRequests
    {
        get
        {
            lock (_gate)
                return _running;
        }
    }

    /// <summary>Bytes that the states of the batch may grow to.</summary>
    public long ReservedStateBytes => _states.ReservedBytes;

    /// <summary>Bytes of the states that are kept between requests.</summary>
    public long KeptStateBytes => _states.KeptBytes;

    internal static GenerationOptions DefaultOptions { get; } = new();

    /// <summary>What the states count in.</summary>
    internal MemoryBudget Budget => _budget;

    /// <summary>Takes a request; waits while the queue is full.</summary>
    /// <param name="request">What to generate. A state in the request must not be used otherwise before the generation has ended.</param>
    /// <param name="cancellationToken">Cancels the waiting, and then the generation.</param>
    /// <returns>The generation, which runs on its own. Dispose it when it is no longer needed.</returns>
    /// <exception cref="ArgumentException">The prompt is empty, has a token outside the vocabulary, or is shorter than its prefix; an
    /// option is out of range; or the state is another model's.</exception>
    /// <exception cref="StateBudgetException">The state could grow beyond the whole budget.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the scheduler was disposed, while the request waited for a place in the
    /// queue.</exception>
    /// <exception cref="ObjectDisposedException">The scheduler was disposed.</exception>
    public async ValueTask<ScheduledGeneration> EnqueueAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ScheduledGeneration generation = Prepare(request);
        if (!TakesPlace(null))
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
            try
            {
                await _places.WaitAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw Disposed();
            }
        }

        Enqueue(generation, cancellationToken);
        return generation;
    }

    /// <summary>Takes a request unless the queue is full.</summary>
    /// <param name="request">As for <see cref="EnqueueAsync"/>.</param>
    /// <param name="generation">The generation; null if the queue is full.</param>
    /// <param name="cancellationToken">Cancels the generation.</param>
    /// <returns>False when the queue is full.</returns>
    /// <exception cref="ArgumentException">As for <see cref="EnqueueAsync"/>.</exception>
    /// <exception cref="StateBudgetException">As for <see cref="EnqueueAsync"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the request was taken.</exception>
    /// <exception cref="ObjectDisposedException">The scheduler was disposed.</exception>
    public bool TryEnqueue(
        GenerationRequest request, [NotNullWhen(true)] out ScheduledGeneration? generation,
        CancellationToken cancellationToken = default) => TryEnqueuePlaced(request, places: null, out generation, cancellationToken);

    /// <summary>Generates several texts.</summary>
    /// <param name="requests">What to generate.</param>
    /// <param name="cancellationToken">Cancels all.</param>
    /// <returns>The texts, in the order of the requests. If one fails, the others are cancelled, and the failure is thrown when they have
    /// ended.</returns>
    public async Task<IReadOnlyList<GenerationResult>> GenerateAsync(
        IReadOnlyList<GenerationRequest> requests, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        List<ScheduledGeneration> generations = [];
        try
        {
            foreach (GenerationRequest request in requests)
                generations.Add(await EnqueueAsync(request, cancellationToken).ConfigureAwait(false));
            await foreach (Task<GenerationResult> ended in Task.WhenEach(
                generations.Select(generation => generation.Result)).ConfigureAwait(false))
            {
                await ended.ConfigureAwait(false);
            }

            return await Task.WhenAll(generations.Select(generation => generation.Result)).ConfigureAwait(false);
        }
        finally
        {
            generations.ForEach(generation => generation.Dispose());

            // After that, no state of a request is in use.
            await Task.WhenAll(generations.Select(Task (generation) => generation.Result))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Cancels all requests, running ones by the end of their step, and refuses new ones. The model is not disposed.</summary>
    public void Dispose()
    {
        ScheduledGeneration[] waiting;
        bool isIdle;
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            waiting = [.. _queue];
            isIdle = _work is null;
        }

        _disposing.Cancel();
        foreach (ScheduledGeneration generation in waiting)
            LeaveQueue(generation, Disposed());
        if (isIdle)
            _states.Dispose();
    }

    /// <summary>As <see cref="Dispose"/>; then waits until nothing runs any more.</summary>
    /// <returns>The end of the last step.</returns>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        Task? work;
        lock (_gate)
            work = _work?.Task;
        if (work is not null)
            await work.ConfigureAwait(false);
    }

    internal static OperationCanceledException Disposed() =>
        new("The scheduler was disposed.", new ObjectDisposedException(nameof(BatchScheduler)));

    /// <summary>Removes a cancelled generation that has not joined the batch yet.</summary>
    internal void LeaveQueue(ScheduledGeneration generation)
    {
        LeaveQueue(generation, generation.Cancellation!);

        // Those behind it may fit where it did not.
        Resume();
    }

    /// <summary>Puts a generation that has a place into the queue.</summary>
    private void Enqueue(ScheduledGeneration generation, CancellationToken cancellationToken)
    {
        generation.Observe(cancellationToken);
        SchedulerMetrics.Queued.Add(1);
        bool isDisposed;
        try
        {
            lock (_gate)
            {
                isDisposed = _isDisposed;
                _queue.AddLast(generation.Place);
                if (!isDisposed && _work is null)
                    StartThread();
            }
        }
        catch (Exception exception)
        {
            LeaveQueue(generation, exception);
            throw;
        }

        // A cancellation before the generation had its place did not find it in the queue.
        if (isDisposed)
            LeaveQueue(generation, Disposed());
        else if (generation.Cancellation is not null)
            LeaveQueue(generation);
    }

    private void StartThread()
    {
        _work = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            new Thread(Work) { IsBackground = true, Name = nameof(BatchScheduler) }.UnsafeStart();
        }
        catch
        {
            _work = null;
            throw;
        }
    }

    /// <summary>Goes on with requests that waited until the sequences of other schedulers left room in a common budget, or until a larger
    /// request before them left the queue.</summary>
    private void Resume()
    {
        ScheduledGeneration[] waiting = [];
        try
        {
            lock (_gate)
            {
                if (_isDisposed || _work is not null || _queue.Count == 0)
                    return;
                waiting = [.. _queue];
                StartThread();
            }
        }
        catch (OutOfMemoryException exception)
        {
            foreach (ScheduledGeneration generation in waiting)
                LeaveQueue(generation, exception);
        }
    }

    private void LeaveQueue(ScheduledGeneration generation, Exception reason)
    {
        lock (_gate)
        {
            if (generation.Place.List is null)
                return;
            _queue.Remove(generation.Place);
        }

        SchedulerMetrics.Queued.Add(-1);
        FreePlaces(1);
        generation.End(reason);
    }

    private void Work()
    {
        while (Admit())
            _batch.Step();
        ThreadScratch.Release();
    }

    /// <summary>Removes and adds generations; false if there is nothing left to do, which ends the thread.</summary>
    private bool Admit()
    {
        _batch.DropCancelled();
        lock (_gate)
        {
            while (_queue.First?.Value is { } next && _running < _options.MaxBatch
                && _states.TryReserve(next.ReservedBytes, next.Request, next.Options.State, out KeptState? conversation))
            {
                next.Conversation = conversation;
                _queue.RemoveFirst();
                _running++;
                _joining.Add(next);
            }

            if (_running == 0)
            {
                if (_isDisposed)
                    _states.Dispose();
                _work!.SetResult();
                _work = null;
                return false;
            }
        }

        foreach (ScheduledGeneration generation in _joining)
        {
            SchedulerMetrics.Queued.Add(-1);
            SchedulerMetrics.Running.Add(1);
            _batch.Add(generation);
        }

        _joining.Clear();
        return true;
    }

    /// <summary>Records that a generation has left the batch.</summary>
    private void Release(ScheduledGeneration generation)
    {
        lock (_gate)
            _running--;
        _states.Release(generation.ReservedBytes);
        SchedulerMetrics.Running.Add(-1);
        FreePlaces(1);
    }
}

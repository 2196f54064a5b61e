using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>A request that a <see cref="BatchScheduler"/> has taken: the text as it is generated, the result at the end, and
/// cancellation.</summary>
/// <remarks>It has one reader; other members are thread-safe. A slow reader gets more at once and delays no other request. Dispose it when
/// it is no longer needed.</remarks>
public sealed class ScheduledGeneration : IDisposable
{
    private readonly BatchScheduler _scheduler;
    private readonly TaskCompletionSource<GenerationResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Waiting _waiting;
    private CancellationTokenRegistration _registration;
    private volatile OperationCanceledException? _cancellation;

    // The gate guards what follows.
    private readonly Lock _gate = new();
    private Output<char> _text = new();
    private Output<int> _tokens = new();
    private Output<double> _logProbs = new();
    private Output<(int Token, double LogProbability)> _topLogProbs = new();
    private Output<(int Start, int End)> _textPlaces = new();
    private bool _isReading;
    private bool _isWaiting;
    private bool _isWritten;
    private Exception? _failure;
    private SequenceState? _kept;
    private bool _isDisposed;

    internal ScheduledGeneration(BatchScheduler scheduler, GenerationRequest request, long stateBytes)
    {
        (_scheduler, Request, ReservedBytes) = (scheduler, request, stateBytes);
        Place = new LinkedListNode<ScheduledGeneration>(this);
        _waiting = new Waiting(this);
    }

    /// <summary>The text that the last <see cref="ReadAsync"/> brought, valid until the next; often a token's, sometimes none.</summary>
    public ReadOnlySpan<char> Text => _text.LastRead;

    /// <summary>The tokens that the last <see cref="ReadAsync"/> brought, valid until the next.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.LastRead;

    /// <summary>The log probability of each of <see cref="Tokens"/>, valid until the next read; empty unless
    /// <see cref="GenerationOptions.TopLogProbs"/> is set.</summary>
    public ReadOnlySpan<double> LogProbs => _logProbs.LastRead;

    /// <summary>The likeliest tokens in the place of each of <see cref="Tokens"/>, see
    /// <see cref="GenerationResult.TopLogProbs"/>.</summary>
    public ReadOnlySpan<(int Token, double LogProbability)> TopLogProbs => _topLogProbs.LastRead;

    /// <summary>For each of <see cref="Tokens"/> where it stands in the whole text, in characters; valid until the next read; empty unless
    /// <see cref="GenerationOptions.TopLogProbs"/> is set. Start is the place of the first character of which the token is all or a part:
    /// its text goes up to the start of the next token that has a later one, and tokens that make up a character may have one start. End
    /// is how many characters are certain once there is the token, those of later tokens aside; it is at most Start for a token whose text
    /// only a later one makes certain, and for one without text. <see cref="Text"/> may bring the characters later, and without those of
    /// stop strings and what follows them.</summary>
    public ReadOnlySpan<(int Start, int End)> TextPlaces => _textPlaces.LastRead;

    /// <summary>See <see cref="GenerationResult.PromptLogProbs"/>. Known once the first token is.</summary>
    public IReadOnlyList<double> PromptLogProbs { get; internal set; } = [];

    /// <summary>See <see cref="GenerationResult.PromptTopLogProbs"/>. Known once the first token is.</summary>
    public IReadOnlyList<(int Token, double LogProbability)> PromptTopLogProbs { get; internal set; } = [];

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

    /// <summary>Why it was cancelled; null if it was not.</summary>
    internal OperationCanceledException? Cancellation => _cancellation;

    internal bool HasEnded => _result.Task.IsCompleted;

    /// <summary>The state of the conversation that the prompt continues, from the moment when it joins the batch; null if there is
    /// none.</summary>
    internal KeptState? Conversation { get; set; }

    /// <summary>The generation itself, from the moment when it joins the batch.</summary>
    internal Completion? Completion { get; set; }

    /// <summary>Its input in the present step.</summary>
    internal SequenceInput Input { get; set; }

    /// <summary>The end of the prefix whose state is kept once the prompt has been read up to there; 0 for none.</summary>
    internal int PrefixEnd { get; set; }

    /// <summary>Where in the prompt the state is kept for requests of the same owner; 0 for nowhere.</summary>
    internal int PromptEnd { get; set; }

    /// <summary>True once the state from which the prompt is read is known.</summary>
    internal bool HasStarted { get; set; }

    /// <summary>True once memory ran out in a forward that it shared: it shares none from then on.</summary>
    internal bool RunsApart { get; set; }

    /// <summary>Whether it can do without the state that a failed forward has left: it begins again, or has ended and the caller is not to
    /// get the state.</summary>
    internal bool CanLoseState => Completion!.FinishReason is null
        ? Completion.CanRestart
        : Request is { KeepState: false, State: null };

    /// <summary>Takes what was written since the last read, or waits for more. Allocates nothing.</summary>
    /// <returns>False when all was read and the generation has ended.</returns>
    /// <exception cref="InvalidOperationException">Another read is under way.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, or scheduler, model or state were disposed.</exception>
    public ValueTask<bool> ReadAsync()
    {
        lock (_gate)
        {
            if (_isReading)
            {
                throw new InvalidOperationException("A read of this generation has not ended yet; expected one reader that waits for each "
                    + "read.");
            }

            if (_failure is not null)
                return ValueTask.FromException<bool>(_failure);
            if (TakesNew() || _isWritten)
                return ValueTask.FromResult(HasNew());
            (_isReading, _isWaiting) = (true, true);
            return _waiting.Start();
        }
    }

    /// <summary>Leaves queue or batch, by the next step at the latest. Reads end at once.</summary>
    public void Cancel() => Cancel(CancellationToken.None);

    /// <summary>The state after a generation whose request says <see cref="GenerationRequest.KeepState"/>; the caller's from here on. It
    /// has seen all but the last token, or the last ones where a grammar forced them.</summary>
    /// <returns>The state.</returns>
    /// <exception cref="InvalidOperationException">There is none: it was not kept, the generation did not succeed, it was taken already, or
    /// it is the request's own.</exception>
    public SequenceState TakeState()
    {
        lock (_gate)
        {
            SequenceState state = _kept
                ?? throw new InvalidOperationException("There is no state to take. It can be taken once, after the end of a generation "
                + "that was not cancelled, if the request sets KeepState and has no State of its own.");
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

    /// <summary>Makes room for the output beforehand.</summary>
    internal void ReserveOutput(int tokens)
    {
        const int charactersPerToken = 4;
        lock (_gate)
        {
            _tokens.Reserve(tokens);
            _text.Reserve(tokens * charactersPerToken);
        }
    }

    /// <summary>Hands what a step brought to the reader.</summary>
    internal void Append(Completion completion)
    {
        bool wakes;
        lock (_gate)
        {
            _tokens.Append(completion.NewTokens);
            _text.Append(completion.NewText);
            _logProbs.Append(completion.NewLogProbs);
            _topLogProbs.Append(completion.NewTopLogProbs);
            _textPlaces.Append(completion.NewTextPlaces);
            wakes = StopsWaiting();
        }

        Wake(wakes);
    }

    /// <summary>The whole text so far.</summary>
    internal string WholeText()
    {
        lock (_gate)
            return new string(_text.All);
    }

    internal void End(GenerationResult result)
    {
        _registration.Unregister();
        EndOutput(failure: null);
        _result.TrySetResult(result);
    }

    internal void End(Exception failure)
    {
        _registration.Unregister();
        EndOutput(failure);
        _result.TrySetException(failure);

        // A reader of the text sees the failure too, so the task counts as observed.
        _ = _result.Task.Exception;
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        if (HasEnded)
            return;
        _cancellation = new OperationCanceledException("The generation was cancelled.", cancellationToken);
        EndOutput(_cancellation);
        _scheduler.LeaveQueue(this);
    }

    /// <summary>Ends the output; with a failure, reads end with it at once.</summary>
    private void EndOutput(Exception? failure)
    {
        bool wakes;
        lock (_gate)
        {
            if (_isWritten)
                return;
            (_isWritten, _failure) = (true, failure);
            wakes = StopsWaiting();
        }

        Wake(wakes);
    }

    private bool EndRead()
    {
        lock (_gate)
        {
            _isReading = false;
            if (_failure is not null)
                ExceptionDispatchInfo.Throw(_failure);
            TakesNew();
            return HasNew();
        }
    }

    private bool TakesNew()
    {
        _text.TakeNew();
        _tokens.TakeNew();
        _logProbs.TakeNew();
        _topLogProbs.TakeNew();
        _textPlaces.TakeNew();
        return HasNew();
    }

    private bool HasNew() => !_text.LastRead.IsEmpty || !_tokens.LastRead.IsEmpty;

    private bool StopsWaiting()
    {
        bool wasWaiting = _isWaiting;
        _isWaiting = false;
        return wasWaiting;
    }

    private void Wake(bool wakes)
    {
        if (wakes)
            ThreadPool.UnsafeQueueUserWorkItem(_waiting, preferLocal: false);
    }

    /// <summary>What was written: [0, read) was read, of it [from, read) by the last read; [read, count) is new.</summary>
    private struct Output<T>()
    {
        private T[] _values = [];
        private int _from;
        private int _read;
        private int _count;

        public readonly ReadOnlySpan<T> LastRead => _values.AsSpan(_from, _read - _from);

        public readonly ReadOnlySpan<T> All => _values.AsSpan(0, _count);

        public void Reserve(int count) => _values = new T[count];

        public void Append(ReadOnlySpan<T> values)
        {
            if (_values.Length < _count + values.Length)
                Array.Resize(ref _values, Math.Max(_count + values.Length, 2 * _values.Length));
            values.CopyTo(_values.AsSpan(_count));
            _count += values.Length;
        }

        public void TakeNew() => (_from, _read) = (_read, _count);
    }

    /// <summary>The source of the reader's <see cref="ValueTask"/> and the work item that wakes the reader on the thread pool: waiting
    /// allocates nothing.</summary>
    private sealed class Waiting(ScheduledGeneration generation) : IValueTaskSource<bool>, IThreadPoolWorkItem
    {
        private ManualResetValueTaskSourceCore<bool> _signal;

        public ValueTask<bool> Start()
        {
            _signal.Reset();
            return new ValueTask<bool>(this, _signal.Version);
        }

        public void Execute() => _signal.SetResult(true);

        public bool GetResult(short token)
        {
            _signal.GetResult(token);
            return generation.EndRead();
        }

        public ValueTaskSourceStatus GetStatus(short token) => _signal.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _signal.OnCompleted(continuation, state, token, flags);
    }
}

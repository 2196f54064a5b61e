using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>What a generation has written so far, between the scheduler, which appends, and one reader, which takes everything since its
/// last read.</summary>
/// <remarks>
/// A slow reader gets more at once and delays no other request. Waiting allocates nothing: this object is the source of the
/// reader's <see cref="ValueTask"/> and the work item that wakes the reader on the thread pool.
/// </remarks>
internal sealed class GenerationOutput : IValueTaskSource<bool>, IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _signal;

    // [0, read) was read, of it [from, read) by the last read; [read, count) is new.
    private char[] _text = [];
    private int _textFrom;
    private int _textRead;
    private int _textCount;
    private int[] _tokens = [];
    private int _tokensFrom;
    private int _tokensRead;
    private int _tokenCount;

    private bool _isReading;
    private bool _isWaiting;
    private bool _isEnded;
    private Exception? _failure;

    /// <summary>The text that the last read brought, valid until the next.</summary>
    public ReadOnlySpan<char> Text => _text.AsSpan(_textFrom, _textRead - _textFrom);

    /// <summary>The tokens that the last read brought, valid until the next.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(_tokensFrom, _tokensRead - _tokensFrom);

    /// <summary>Makes room beforehand.</summary>
    public void Reserve(int tokens)
    {
        const int charactersPerToken = 4;
        lock (_gate)
            (_tokens, _text) = (new int[tokens], new char[tokens * charactersPerToken]);
    }

    public void Append(ReadOnlySpan<int> tokens, ReadOnlySpan<char> text)
    {
        bool wakes;
        lock (_gate)
        {
            Append(ref _tokens, ref _tokenCount, tokens);
            Append(ref _text, ref _textCount, text);
            wakes = StopsWaiting();
        }

        Wake(wakes);
    }

    /// <summary>Ends the output; with a failure, reads end with it at once.</summary>
    public void End(Exception? failure)
    {
        bool wakes;
        lock (_gate)
        {
            if (_isEnded)
                return;
            (_isEnded, _failure) = (true, failure);
            wakes = StopsWaiting();
        }

        Wake(wakes);
    }

    /// <summary>The whole text.</summary>
    public override string ToString()
    {
        lock (_gate)
            return new string(_text, 0, _textCount);
    }

    /// <summary>Takes what is new, or waits for it.</summary>
    /// <returns>False if everything was read and nothing follows.</returns>
    public ValueTask<bool> ReadAsync()
    {
        lock (_gate)
        {
            if (_isReading)
            {
                throw new InvalidOperationException("A read of this generation is under way; it has one reader, who reads one time after "
                    + "the other.");
            }

            if (_failure is not null)
                return ValueTask.FromException<bool>(_failure);
            if (TakesNew() || _isEnded)
                return ValueTask.FromResult(HasNew());
            _signal.Reset();
            (_isReading, _isWaiting) = (true, true);
            return new ValueTask<bool>(this, _signal.Version);
        }
    }

    void IThreadPoolWorkItem.Execute() => _signal.SetResult(true);

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        _signal.GetResult(token);
        lock (_gate)
        {
            _isReading = false;
            if (_failure is not null)
                ExceptionDispatchInfo.Throw(_failure);
            TakesNew();
            return HasNew();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _signal.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token,
        ValueTaskSourceOnCompletedFlags flags) =>
        _signal.OnCompleted(continuation, state, token, flags);

    private static void Append<T>(ref T[] buffer, ref int count, ReadOnlySpan<T> values)
    {
        if (buffer.Length < count + values.Length)
            Array.Resize(ref buffer, Math.Max(count + values.Length, 2 * buffer.Length));
        values.CopyTo(buffer.AsSpan(count));
        count += values.Length;
    }

    private bool TakesNew()
    {
        (_textFrom, _textRead) = (_textRead, _textCount);
        (_tokensFrom, _tokensRead) = (_tokensRead, _tokenCount);
        return HasNew();
    }

    private bool HasNew() => _textRead > _textFrom || _tokensRead > _tokensFrom;

    private bool StopsWaiting()
    {
        bool wasWaiting = _isWaiting;
        _isWaiting = false;
        return wasWaiting;
    }

    private void Wake(bool wakes)
    {
        if (wakes)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}

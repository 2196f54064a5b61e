using System.Collections.Concurrent;

namespace RetNet.Extensions.Tool.Work;

/// <summary>Computes the sequences that wait at the same time together, on a thread of its own.</summary>
internal sealed class SequenceBatches<T> : IDisposable
{
    private readonly BlockingCollection<(int[] Sequence, TaskCompletionSource<T> Result)> _waiting = [];
    private readonly CancellationTokenSource _disposing = new();
    private readonly int _size;
    private readonly Func<IReadOnlyList<int[]>, CancellationToken, T[]> _compute;
    private readonly Thread _thread;

    /// <param name="size">The most sequences that are computed together.</param>
    /// <param name="compute">Computes the results of sequences, in their order.</param>
    public SequenceBatches(int size, Func<IReadOnlyList<int[]>, CancellationToken, T[]> compute)
    {
        (_size, _compute) = (size, compute);
        _thread = new Thread(Work) { IsBackground = true, Name = "Texts of a job" };
        _thread.Start();
    }

    /// <summary>Computes the result of a sequence.</summary>
    /// <remarks>A failure is that of this sequence: where several fail together, each is computed again alone.</remarks>
    /// <exception cref="OperationCanceledException">Cancelled, or the object was disposed.</exception>
    public Task<T> ComputeAsync(int[] sequence, CancellationToken cancellation)
    {
        TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _waiting.Add((sequence, result), cancellation);
        }
        catch (InvalidOperationException) when (_disposing.IsCancellationRequested)
        {
            throw new OperationCanceledException("What computes sequences was disposed.");
        }

        return result.Task.WaitAsync(cancellation);
    }

    /// <summary>Cancels what is computed, and waits until it has ended.</summary>
    public void Dispose()
    {
        _disposing.Cancel();
        _waiting.CompleteAdding();
        _thread.Join();
        _waiting.Dispose();
        _disposing.Dispose();
    }

    private void Work()
    {
        foreach ((int[] Sequence, TaskCompletionSource<T> Result) first in _waiting.GetConsumingEnumerable())
        {
            List<(int[] Sequence, TaskCompletionSource<T> Result)> batch = [first];
            while (batch.Count < _size && _waiting.TryTake(out (int[] Sequence, TaskCompletionSource<T> Result) next))
                batch.Add(next);
            Compute(batch);
        }
    }

    private void Compute(List<(int[] Sequence, TaskCompletionSource<T> Result)> batch)
    {
        try
        {
            T[] results = _compute([.. batch.Select(one => one.Sequence)], _disposing.Token);
            for (int i = 0; i < results.Length; i++)
                batch[i].Result.SetResult(results[i]);
        }
        catch (Exception exception) when (batch.Count == 1 || exception is OperationCanceledException)
        {
            batch.ForEach(one => one.Result.TrySetException(exception));
        }
        catch (Exception)
        {
            batch.ForEach(one => Compute([one]));
        }
    }
}

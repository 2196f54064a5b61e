using System.Diagnostics;
using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.Benchmarks.Load;

/// <summary>Many requests at once, to all targets, of readers that read all, read slowly, leave early, cancel or throw, while models are
/// replaced.</summary>
/// <param name="targets">Where requests go.</param>
/// <param name="tasks">Requests at a time.</param>
/// <param name="cases">Different requests for each target.</param>
/// <param name="replacing">The time after which the next model is replaced.</param>
/// <param name="budget">What the states of the targets count in.</param>
internal sealed class LoadRun(IReadOnlyList<ILoadTarget> targets, int tasks, int cases, TimeSpan replacing, MemoryBudget budget)
{
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    private readonly Dictionary<(ILoadTarget, int), string> _expected = [];
    private readonly int[] _counts = new int[Enum.GetValues<Outcome>().Length];
    private readonly List<string> _failures = [];
    private readonly List<long> _resident = [];
    private readonly List<long> _held = [];

    private enum Reader
    {
        Whole,
        Slow,
        Leaving,
        Cancelling,
        Throwing,
    }

    private enum Outcome
    {
        Right,
        LeftEarly,
        Cancelled,
        Threw,
        ModelReplaced,
        Wrong,
    }

    /// <summary>What did not end as it should: other texts, other exceptions, tasks that hang.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>Requests that have ended.</summary>
    public int Requests => _counts.Sum();

    /// <summary>Texts that were read to their end and are those of the same request alone.</summary>
    public int RightTexts => _counts[(int)Outcome.Right];

    /// <summary>The largest resident memory in each quarter of the time, in MB.</summary>
    public string Resident =>
        string.Join(", ", _resident.Chunk(Math.Max(1, (_resident.Count + 3) / 4)).Select(part => part.Max() / 1_000_000));

    /// <summary>Runs until the time is over and a number of requests was made.</summary>
    public async Task RunAsync(TimeSpan time, int requests)
    {
        foreach (ILoadTarget target in targets)
        {
            for (int number = 0; number < cases; number++)
                _expected[(target, number)] = await ReadAllAsync(target, LoadCase.Create(number));
        }

        Stopwatch watch = Stopwatch.StartNew();
        using CancellationTokenSource ended = new();
        Task replacing = ReplaceAsync(ended.Token);
        await Task.WhenAll(Enumerable.Range(0, tasks).Select(number => Task.Run(() => RequestsAsync(number))));
        await ended.CancelAsync();
        await replacing;

        async Task RequestsAsync(int number)
        {
            Random random = new(number);
            while ((watch.Elapsed < time || Requests < requests) && _failures.Count == 0)
                await RequestAsync(targets[random.Next(targets.Count)], random.Next(cases), (Reader)random.Next(5), random.Next(12));
        }
    }

    public override string ToString() => $"{Requests:N0} requests: "
        + string.Join(", ", Enum.GetValues<Outcome>().Select(outcome => $"{outcome} {_counts[(int)outcome]:N0}"))
        + $"; models replaced {targets.Sum(target => target.Replacements)} times; full queues {LoadTargets.FullQueues:N0}; "
        + $"held of the budget of {budget.Bytes / 1e6:N1} MB: median {_held.Order().ElementAtOrDefault(_held.Count / 2) / 1e6:N1}, "
        + $"most {_held.DefaultIfEmpty().Max() / 1e6:N1}; resident by quarter {Resident} MB; "
        + $"failures {_failures.Count}";

    private static async Task<string> ReadAllAsync(ILoadTarget target, LoadCase request)
    {
        string text = "";
        await foreach (string piece in target.ReadAsync(request, CancellationToken.None))
            text += piece;
        return text;
    }

    /// <summary>Replaces one model after the other, and samples the memory.</summary>
    private async Task ReplaceAsync(CancellationToken ended)
    {
        for (int number = 0; !ended.IsCancellationRequested; number++)
        {
            await Task.Delay(replacing, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            targets[number % targets.Count].Replace();
            _resident.Add(Environment.WorkingSet);
            _held.Add(budget.HeldBytes);
        }
    }

    private async Task RequestAsync(ILoadTarget target, int number, Reader reader, int pieces)
    {
        int replacements = target.Replacements;
        try
        {
            Count(await ReadAsync(target, number, reader, pieces).WaitAsync(Hang));
        }
        catch (TimeoutException)
        {
            Fail($"{target.Name}, case {number}, {reader}: no end after {Hang}");
        }
        catch (ReaderException)
        {
            Count(Outcome.Threw);
        }
        catch (OperationCanceledException) when (reader == Reader.Cancelling)
        {
            Count(Outcome.Cancelled);
        }
        catch (Exception exception) when (target.Replacements != replacements && IsDisposal(exception))
        {
            Count(Outcome.ModelReplaced);
        }
        catch (Exception exception)
        {
            Fail($"{target.Name}, case {number}, {reader}: {exception}");
        }
    }

    private async Task<Outcome> ReadAsync(ILoadTarget target, int number, Reader reader, int pieces)
    {
        using CancellationTokenSource cancellation = new();
        string text = "";
        await foreach (string piece in target.ReadAsync(LoadCase.Create(number), cancellation.Token))
        {
            text += piece;
            if (reader == Reader.Slow)
                await Task.Delay(1 + pieces);
            else if (reader != Reader.Whole && pieces-- == 0)
                return await EndAsync();
        }

        if (text == _expected[(target, number)])
            return Outcome.Right;
        Fail($"{target.Name}, case {number}, {reader}: '{text}' instead of '{_expected[(target, number)]}'");
        return Outcome.Wrong;

        async Task<Outcome> EndAsync()
        {
            if (reader == Reader.Throwing)
                throw new ReaderException();
            await cancellation.CancelAsync();
            return reader == Reader.Cancelling ? Outcome.Cancelled : Outcome.LeftEarly;
        }
    }

    // ML.NET wraps what a cursor throws.
    private static bool IsDisposal(Exception? exception) => exception is OperationCanceledException or ObjectDisposedException
        || (exception is not null && IsDisposal(exception.InnerException));

    private void Count(Outcome outcome) => Interlocked.Increment(ref _counts[(int)outcome]);

    private void Fail(string failure)
    {
        lock (_failures)
            _failures.Add(failure);
    }

    private sealed class ReaderException : Exception;
}

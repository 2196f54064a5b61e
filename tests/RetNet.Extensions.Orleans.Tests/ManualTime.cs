namespace RetNet.Extensions.Orleans.Tests;

/// <summary>A clock that a test sets.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly List<Timer> _timers = [];
    private TimeSpan _elapsed;

    public TimeSpan Elapsed
    {
        get => _elapsed;
        set
        {
            Timer[] due;
            lock (_timers)
            {
                _elapsed = value;
                due = [.. _timers.Where(timer => timer.Due <= value)];
                _timers.RemoveAll(due.Contains);
            }

            foreach (Timer timer in due)
                timer.Fire();
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Elapsed.Ticks;

    /// <summary>Whether something waits until a time.</summary>
    public bool IsWaitedFor(TimeSpan elapsed)
    {
        lock (_timers)
            return _timers.Any(timer => timer.Due == elapsed);
    }

    /// <inheritdoc/>
    /// <remarks>A timer fires once.</remarks>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(ManualTime time, Action fire) : ITimer
    {
        public TimeSpan Due { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._timers)
            {
                time._timers.Remove(this);
                Due = time._elapsed + dueTime;
                if (dueTime >= TimeSpan.Zero)
                    time._timers.Add(this);
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

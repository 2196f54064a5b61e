using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>Places of a <see cref="BatchScheduler"/> for requests that come together: all of them find a place, or none was taken. See
/// <see cref="BatchScheduler.TryTakePlaces"/>. Thread-safe.</summary>
[Experimental("RETNET001")]
public sealed class SchedulerPlaces : IDisposable
{
    private int _left;

    internal SchedulerPlaces(BatchScheduler scheduler, int count) => (Scheduler, _left) = (scheduler, count);

    internal BatchScheduler Scheduler { get; }

    /// <summary>Gives back the places that no request has taken.</summary>
    public void Dispose() => Scheduler.FreePlaces(Interlocked.Exchange(ref _left, 0));

    /// <summary>Hands a place over to a request, which gives it back when it ends; false if none is left.</summary>
    internal bool TryHandOver()
    {
        for (int left = Volatile.Read(ref _left); left > 0; left = Volatile.Read(ref _left))
        {
            if (Interlocked.CompareExchange(ref _left, left - 1, left) == left)
                return true;
        }

        return false;
    }
}

using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Generation.Scheduling;

// Who may wait or run: requests one by one, or several together.
public sealed partial class BatchScheduler
{
    private readonly Lock _taking = new();

    /// <summary>Takes places for requests that come together, unless there are too few now.</summary>
    /// <param name="count">The number of requests.</param>
    /// <param name="places">The places; null if there are too few. Dispose them when the requests were taken.</param>
    /// <returns>False when batch and queue have too few places now.</returns>
    /// <exception cref="ArgumentException">There is no request, or more than batch and queue ever take.</exception>
    public bool TryTakePlaces(int count, [NotNullWhen(true)] out SchedulerPlaces? places)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        int most = _options.MaxRequests;
        if (count > most)
        {
            throw new ArgumentException($"{count} texts are asked for at once; expected at most {most}: the {_options.MaxBatch} that are "
                + $"generated together and the {_options.MaxQueue} that may wait.");
        }

        int taken = 0;
        lock (_taking)
        {
            while (taken < count && _places.Wait(0, CancellationToken.None))
                taken++;
            places = taken == count ? new SchedulerPlaces(this, count) : null;
            if (places is null)
                FreePlaces(taken);
        }

        return places is not null;
    }

    /// <summary>Takes a request that has a place, or finds one.</summary>
    /// <param name="request">As for <see cref="EnqueueAsync"/>.</param>
    /// <param name="places">Places of this scheduler, one of which the request gets if any is left; null for none.</param>
    /// <param name="generation">The generation; null if the request has no place and the queue is full.</param>
    /// <param name="cancellationToken">Cancels the generation.</param>
    /// <returns>False when the request has no place and the queue is full.</returns>
    /// <exception cref="ArgumentException">As for <see cref="EnqueueAsync"/>, or the places are another scheduler's.</exception>
    /// <exception cref="StateBudgetException">As for <see cref="EnqueueAsync"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the request was taken.</exception>
    /// <exception cref="ObjectDisposedException">The scheduler was disposed.</exception>
    public bool TryEnqueuePlaced(
        GenerationRequest request, SchedulerPlaces? places, [NotNullWhen(true)] out ScheduledGeneration? generation,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (places is not null && places.Scheduler != this)
            throw new ArgumentException("The places are another scheduler's.", nameof(places));
        ScheduledGeneration prepared = Prepare(request);
        generation = TakesPlace(places) ? prepared : null;
        if (generation is null)
            return false;
        Enqueue(generation, cancellationToken);
        return true;
    }

    /// <summary>Gives places back.</summary>
    internal void FreePlaces(int count)
    {
        if (count > 0)
            _places.Release(count);
    }

    // Nobody else sees a part of the places that several requests take.
    private bool TakesPlace(SchedulerPlaces? places)
    {
        if (places?.TryHandOver() == true)
            return true;
        lock (_taking)
            return _places.Wait(0, CancellationToken.None);
    }
}

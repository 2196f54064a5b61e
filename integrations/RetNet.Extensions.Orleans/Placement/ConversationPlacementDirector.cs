using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;

namespace RetNet.Extensions.Orleans.Placement;

/// <inheritdoc cref="ConversationPlacement"/>
/// <remarks>It asks the silos each time: a conversation is placed when it becomes active, not with each turn. Places are held where it is
/// sent, so that many that begin at once do not all find the same one free. A silo that cannot say how much room it has, as one whose model
/// cannot be loaded, has none.</remarks>
internal sealed partial class ConversationPlacementDirector(
    ConversationRoomClient rooms, ILogger<ConversationPlacementDirector> logger, TimeProvider time) : IPlacementDirector
{
    /// <summary>How long a silo may take; its first answer loads the model.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long others are waited for when a silo has answered: one that loads its model, or hangs, delays no conversation that
    /// has room elsewhere by more.</summary>
    private static readonly TimeSpan PatienceForOthers = TimeSpan.FromSeconds(1);

    // Silos whose failure was logged.
    private readonly ConcurrentDictionary<SiloAddress, bool> _failing = new();

    public async Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        List<Task<Answer<RoomReport>>> asked =
            [.. context.GetCompatibleSilos(target).Select(silo => AskAsync(silo, rooms.At(silo).ReportAsync()))];
        List<Answer<RoomReport>> answers = [];
        await Task.WhenAny(Task.WhenAll(asked), Task.Delay(PatienceForOthers, time));
        while (asked.Count > 0)
        {
            Task<Answer<RoomReport>>[] ended = [await Task.WhenAny(asked), .. asked.Where(answer => answer.IsCompleted)];
            Answer<RoomReport>[] more = await Task.WhenAll(ended.Distinct());
            asked.RemoveAll(ended.Contains);
            answers.AddRange(more);
            if (await ReserveAsync(more) is { } silo)
                return silo;
        }

        throw WhyNone(answers);
    }

    /// <summary>Holds a place on the silo that has most room.</summary>
    /// <returns>The silo; null if none has room.</returns>
    private async Task<SiloAddress?> ReserveAsync(IEnumerable<Answer<RoomReport>> answers)
    {
        foreach ((SiloAddress silo, _, _) in answers.Where(answer => answer.Value is not null)
            .OrderByDescending(answer => answer.Value!.Value.Free).ThenByDescending(answer => answer.Value!.Value.Available))
        {
            if ((await AskAsync(silo, rooms.At(silo).TryReserveAsync())).Value == true)
                return silo;
        }

        return null;
    }

    /// <summary>The answer of a silo; none from one that is dead, which is not known of each yet, or that cannot tell.</summary>
    private async Task<Answer<T>> AskAsync<T>(SiloAddress silo, Task<T> answer)
        where T : struct
    {
        try
        {
            T value = await answer.WaitAsync(Patience, time);
            _failing.TryRemove(silo, out _);
            return new Answer<T>(silo, value, Failure: null);
        }
        catch (Exception exception) when (exception is OrleansMessageRejectionException or TimeoutException)
        {
            return new Answer<T>(silo, Value: null, Failure: null);
        }
        catch (Exception exception)
        {
            if (_failing.TryAdd(silo, true))
                LogFailure(silo, exception);
            return new Answer<T>(silo, Value: null, exception);
        }
    }

    private static Exception WhyNone(List<Answer<RoomReport>> answers)
    {
        RoomReport[] known = [.. answers.Where(answer => answer.Value is not null).Select(answer => answer.Value!.Value)];
        if (known.Length > 0)
            return new ClusterFullException(known.Length, known.Sum(room => (long)room.Capacity));
        if (answers.Find(answer => answer.Failure is not null) is { Failure: { } failure })
            ExceptionDispatchInfo.Throw(failure);
        return new SiloUnavailableException($"None of the cluster's {answers.Count} silos told how many conversations it has room for.");
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning,
        Message = "Silo {Silo} gets no conversations: it cannot say how many it has room for. It is asked again with each conversation.")]
    private partial void LogFailure(SiloAddress silo, Exception exception);

    /// <summary>What a silo told.</summary>
    /// <param name="Silo">The silo.</param>
    /// <param name="Value">Its answer; null if there is none.</param>
    /// <param name="Failure">Why it cannot tell; null if it was not reached.</param>
    private readonly record struct Answer<T>(SiloAddress Silo, T? Value, Exception? Failure)
        where T : struct;
}

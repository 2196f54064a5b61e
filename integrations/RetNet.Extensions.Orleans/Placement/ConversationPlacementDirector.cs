using Orleans.Runtime.Placement;

namespace RetNet.Extensions.Orleans.Placement;

/// <inheritdoc cref="ConversationPlacement"/>
/// <remarks>It asks the silos each time: a conversation is placed when it becomes active, not with each turn. Places are held where it is
/// sent, so that many that begin at once do not all find the same one free.</remarks>
internal sealed class ConversationPlacementDirector(ConversationRoomClient rooms) : IPlacementDirector
{
    /// <summary>Longer than a silo takes that lives; its first answer loads the model.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        SiloAddress[] silos = context.GetCompatibleSilos(target);
        RoomReport?[] reports = await Task.WhenAll(silos.Select(ReportAsync));
        (SiloAddress Silo, RoomReport Room)[] known =
            [.. silos.Zip(reports).Where(silo => silo.Second is not null).Select(silo => (silo.First, silo.Second!.Value))];
        foreach ((SiloAddress silo, _) in known.OrderByDescending(silo => silo.Room.Free).ThenByDescending(silo => silo.Room.Available))
        {
            if (await IfReachedAsync(rooms.At(silo).TryReserveAsync()) == true)
                return silo;
        }

        throw known.Length == 0
            ? new SiloUnavailableException($"None of the cluster's {silos.Length} silos told how many conversations it has room for.")
            : new ClusterFullException(known.Length, known.Sum(silo => (long)silo.Room.Capacity));
    }

    private Task<RoomReport?> ReportAsync(SiloAddress silo) => IfReachedAsync(rooms.At(silo).ReportAsync());

    /// <summary>The answer of a silo; null from one that is dead, which is not known of each yet.</summary>
    private static async Task<T?> IfReachedAsync<T>(Task<T> answer)
        where T : struct
    {
        try
        {
            return await answer.WaitAsync(Patience);
        }
        catch (Exception exception) when (exception is OrleansMessageRejectionException or TimeoutException)
        {
            return null;
        }
    }
}

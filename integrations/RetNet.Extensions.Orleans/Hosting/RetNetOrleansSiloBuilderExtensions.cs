using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Storage;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Orleans;
using RetNet.Extensions.Orleans.Conversations;
using RetNet.Extensions.Orleans.Placement;
using RetNet.Extensions.Orleans.Storage;

namespace Orleans.Hosting;

/// <summary>Lets silos hold conversations.</summary>
public static class RetNetOrleansSiloBuilderExtensions
{
    /// <summary>Lets a silo hold conversations, which its chat client answers.</summary>
    /// <remarks>They are kept in the grain storage named <c>RetNet</c>, of any provider: <c>silo.AddRedisGrainStorage("RetNet", …)</c>.
    /// Without one they are kept in the memory of the cluster, and lost with the silo that has them.</remarks>
    /// <param name="silo">The silo.</param>
    /// <param name="configure">Sets options; null for the defaults.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddRetNetConversations(this ISiloBuilder silo, Action<RetNetConversationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        IServiceCollection services = silo.Services;
        services.AddOptionsWithValidateOnStart<RetNetConversationOptions>()
            .Configure(options => configure?.Invoke(options))
            .Validate(options => options.IdleTime > TimeSpan.FromMinutes(1),
                $"{nameof(RetNetConversationOptions.IdleTime)} is too short; expected more than 1 minute.")
            .Validate(options => options is { MemoryMegabytes: null or > 0, MaxConversations: null or > 0 },
                $"{nameof(RetNetConversationOptions.MemoryMegabytes)} or {nameof(RetNetConversationOptions.MaxConversations)} is not "
                + "positive; expected at least 1, or null.");
        services.AddRetNetWire();
        services.TryAddSingleton<ConversationSilo>();
        services.TryAddSingleton<ConversationRoomClient>();
        silo.AddGrainService<ConversationRoomService>().AddPlacementDirector<ConversationPlacement, ConversationPlacementDirector>();
        services.AddKeyedSingleton<IGrainStorageSerializer>(ConversationGrain.Storage, new ConversationGrainStorageSerializer());
        if (!services.Any(service => service.ServiceType == typeof(IGrainStorage) && ConversationGrain.Storage.Equals(service.ServiceKey)))
            silo.AddMemoryGrainStorage(ConversationGrain.Storage);
        services.AddOptions<GrainCollectionOptions>().Configure<IOptions<RetNetConversationOptions>>(
            (collection, options) => collection.ClassSpecificCollectionAge[typeof(ConversationGrain).FullName!] = options.Value.IdleTime);
        return silo;
    }

    /// <summary>Keeps the conversations of a silo in an <see cref="IConversationStore"/>, in place of a grain storage of Orleans: in files,
    /// say, for one process, or in a store that all silos share and that other hosts use too.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="store">Finds the store; null for the one that is registered.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddRetNetConversationStorage(
        this ISiloBuilder silo, Func<IServiceProvider, IConversationStore>? store = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.Services.AddKeyedSingleton<IGrainStorage>(ConversationGrain.Storage, (services, _) => new ConversationStoreGrainStorage(
            store is null ? services.GetRequiredService<IConversationStore>() : store(services)));
        return silo;
    }

    /// <summary>Finds the death of a silo in about 2 seconds instead of 20; until then its conversations cannot be reached.</summary>
    /// <remarks>
    /// The price is that a silo counts as dead when it does not answer for that long, for whatever reason: a pause of the garbage collector
    /// or of a virtual machine, a processor that is busy, a network that hesitates. Its process ends itself then, and its conversations go
    /// on elsewhere from their last turn. One vote is enough, as two silos need, so that one silo that sees the others badly can declare
    /// them dead. Set it in all silos of a cluster.
    /// </remarks>
    /// <param name="silo">The silo.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder UseFastFailover(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        return silo.Configure<ClusterMembershipOptions>(options =>
        {
            options.ProbeTimeout = TimeSpan.FromSeconds(1);
            options.NumMissedProbesLimit = 2;
            options.NumVotesForDeathDeclaration = 1;
        });
    }
}

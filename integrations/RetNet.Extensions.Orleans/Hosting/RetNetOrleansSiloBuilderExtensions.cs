using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Storage;
using RetNet.Extensions.Orleans;
using RetNet.Extensions.Orleans.Conversations;

namespace Orleans.Hosting;

/// <summary>Lets silos hold conversations.</summary>
public static class RetNetOrleansSiloBuilderExtensions
{
    /// <summary>Lets a silo hold conversations, which its chat client answers.</summary>
    /// <remarks>They are kept in the grain storage named <c>RetNet</c>, of any provider: <c>silo.AddRedisGrainStorage("RetNet", …)</c>. Without
    /// one they are kept in the memory of the cluster, and lost with the silo that has them.</remarks>
    /// <param name="silo">The silo.</param>
    /// <param name="configure">Sets options; null for the defaults.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddRetNetConversations(this ISiloBuilder silo, Action<RetNetConversationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        IServiceCollection services = silo.Services;
        services.AddOptionsWithValidateOnStart<RetNetConversationOptions>()
            .Configure(options => configure?.Invoke(options))
            .Validate(options => options.IdleTime >= TimeSpan.FromMinutes(1),
                $"{nameof(RetNetConversationOptions.IdleTime)} is too short; expected at least 1 minute.");
        services.AddRetNetWire();
        services.TryAddSingleton<ConversationSilo>();
        services.AddKeyedSingleton<IGrainStorageSerializer>(ConversationGrain.Storage, new ConversationGrainStorageSerializer());
        if (!services.Any(service => service.ServiceType == typeof(IGrainStorage) && ConversationGrain.Storage.Equals(service.ServiceKey)))
            silo.AddMemoryGrainStorage(ConversationGrain.Storage);
        services.AddOptions<GrainCollectionOptions>().Configure<Microsoft.Extensions.Options.IOptions<RetNetConversationOptions>>(
            (collection, options) => collection.ClassSpecificCollectionAge[typeof(ConversationGrain).FullName!] = options.Value.IdleTime);
        return silo;
    }
}

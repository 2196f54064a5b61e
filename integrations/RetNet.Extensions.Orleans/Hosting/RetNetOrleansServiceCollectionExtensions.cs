using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Serialization;
using RetNet.Extensions.Orleans;
using RetNet.Extensions.Orleans.Bulk;
using RetNet.Extensions.Orleans.Conversations;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers clients of a cluster.</summary>
public static class RetNetOrleansServiceCollectionExtensions
{
    /// <summary>Registers an <see cref="IChatClient"/> over the <see cref="IClusterClient"/> of the application, which
    /// <c>UseOrleansClient</c> or, in a silo, <c>UseOrleans</c> registers.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets options; null for the defaults.</param>
    /// <param name="serviceId">The key of the client, and the name of its options; null for the default client.</param>
    /// <returns>A builder that adds clients around it, such as function invocation, to the registered service.</returns>
    public static ChatClientBuilder AddRetNetClusterChatClient(
        this IServiceCollection services, Action<ClusterChatClientOptions>? configure = null, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptionsWithValidateOnStart<ClusterChatClientOptions>(serviceId)
            .Configure(options => configure?.Invoke(options))
            .Validate(options => options.RetryFor >= TimeSpan.Zero,
                $"{nameof(ClusterChatClientOptions.RetryFor)} is negative; expected 0 (no retries) or more.")
            .Validate(options => options.SilenceLimit >= TimeSpan.FromSeconds(2),
                $"{nameof(ClusterChatClientOptions.SilenceLimit)} is too short; expected at least 2 seconds.");
        services.AddRetNetWire();
        services.TryAddSingleton<GatewayWatch>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IClusterConnectionStatusObserver, GatewayWatch>(
            provider => provider.GetRequiredService<GatewayWatch>()));
        return serviceId is null
            ? services.AddChatClient(provider => Create(provider, serviceId))
            : services.AddKeyedChatClient(serviceId, provider => Create(provider, serviceId));
    }

    /// <summary>Registers <see cref="IBulkTexts"/> over the <see cref="IClusterClient"/> of the application.</summary>
    /// <param name="services">The services.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNetBulkTexts(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRetNetWire();
        services.TryAddSingleton<IBulkTexts, BulkTexts>();
        return services;
    }

    /// <summary>Lets exceptions of this library travel between silos and clients.</summary>
    internal static void AddRetNetWire(this IServiceCollection services) => services.Configure<ExceptionSerializationOptions>(
        options => options.SupportedNamespacePrefixes.Add(nameof(RetNet)));

    private static ClusterChatClient Create(IServiceProvider services, string? serviceId) => new(
        services.GetRequiredService<IClusterClient>(),
        services.GetRequiredService<IOptionsMonitor<ClusterChatClientOptions>>().Get(serviceId));
}

using Microsoft.Extensions.Options;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Redis;
using StackExchange.Redis;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers a store that keeps conversations in Redis.</summary>
public static class RetNetRedisServiceCollectionExtensions
{
    /// <summary>Registers <see cref="RedisConversationStore"/> as the <see cref="IConversationStore"/>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The addresses and settings as StackExchange.Redis reads them, such as
    /// <c>redis:6379,password=…,ssl=true</c>: the store has a connection of its own, which is made when the store is used first, and made
    /// again when it breaks, also if Redis is away at first. Null, the default, for the <see cref="IConnectionMultiplexer"/> of the
    /// services.</param>
    /// <param name="configure">Sets the options; null for the defaults.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNetRedisConversations(
        this IServiceCollection services, string? configuration = null, Action<RedisConversationStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        // The key keeps a connection of the store's own apart from others that the services have.
        object? key = configuration is null ? null : typeof(RedisConversationStore);
        if (configuration is not null)
        {
            services.AddKeyedSingleton<IConnectionMultiplexer>(key, (_, _) =>
            {
                ConfigurationOptions connection = ConfigurationOptions.Parse(configuration);
                connection.AbortOnConnectFail = false;
                return ConnectionMultiplexer.Connect(connection);
            });
        }

        services.AddOptionsWithValidateOnStart<RedisConversationStoreOptions>().Configure(options => configure?.Invoke(options));
        services.AddSingleton<IValidateOptions<RedisConversationStoreOptions>, Validation>();
        return services.AddSingleton<IConversationStore>(provider =>
        {
            // Options before the connection, which is not made for wrong ones.
            RedisConversationStoreOptions options = provider.GetRequiredService<IOptions<RedisConversationStoreOptions>>().Value;
            return new RedisConversationStore(provider.GetRequiredKeyedService<IConnectionMultiplexer>(key), options);
        });
    }

    private sealed class Validation : IValidateOptions<RedisConversationStoreOptions>
    {
        public ValidateOptionsResult Validate(string? name, RedisConversationStoreOptions options) =>
            options.Fault() is string fault ? ValidateOptionsResult.Fail(fault) : ValidateOptionsResult.Success;
    }
}

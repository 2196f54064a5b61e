using Microsoft.Extensions.Options;
using Npgsql;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.PostgreSql;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers a store that keeps conversations in PostgreSQL.</summary>
public static class RetNetPostgreSqlServiceCollectionExtensions
{
    /// <summary>Registers <see cref="PostgreSqlConversationStore"/>, also as the <see cref="IConversationStore"/>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="connectionString">The connection string as Npgsql reads it, for a data source of the store's own; null, the default,
    /// for the <see cref="NpgsqlDataSource"/> of the services.</param>
    /// <param name="configure">Sets the options; null for the defaults.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNetPostgreSqlConversations(
        this IServiceCollection services, string? connectionString = null, Action<PostgreSqlConversationStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        // The key keeps a data source of the store's own apart from others that the services have.
        object? key = connectionString is null ? null : typeof(PostgreSqlConversationStore);
        if (connectionString is not null)
            services.AddKeyedSingleton(key, (_, _) => NpgsqlDataSource.Create(connectionString));
        services.AddOptionsWithValidateOnStart<PostgreSqlConversationStoreOptions>().Configure(options => configure?.Invoke(options));
        services.AddSingleton<IValidateOptions<PostgreSqlConversationStoreOptions>, Validation>();
        services.AddSingleton(provider => new PostgreSqlConversationStore(
            provider.GetRequiredKeyedService<NpgsqlDataSource>(key),
            provider.GetRequiredService<IOptions<PostgreSqlConversationStoreOptions>>().Value));
        return services.AddSingleton<IConversationStore>(provider => provider.GetRequiredService<PostgreSqlConversationStore>());
    }

    private sealed class Validation : IValidateOptions<PostgreSqlConversationStoreOptions>
    {
        public ValidateOptionsResult Validate(string? name, PostgreSqlConversationStoreOptions options) =>
            options.Fault() is string fault ? ValidateOptionsResult.Fail(fault) : ValidateOptionsResult.Success;
    }
}

using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Servers;

namespace RetNet.Extensions.Conversations.Tests.Stores;

/// <summary>A kind of store, with the server that it needs.</summary>
/// <param name="executable">The executable of the server; null if there is none.</param>
public abstract class StoreFixture(string? executable) : IAsyncLifetime
{
    /// <summary>The store that tests share.</summary>
    public IConversationStore Store { get; private set; } = null!;

    /// <summary>A store over the same place, as another process would have it.</summary>
    /// <param name="expiry">How long it keeps conversations; null for ever.</param>
    /// <returns>The store.</returns>
    public abstract IConversationStore Open(TimeSpan? expiry);

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        // A fixture is made also when all of its tests are skipped.
        if (executable is not null && InstalledServer.Find(executable) is null)
            return;
        await StartAsync();
        Store = Open(TimeSpan.FromDays(30));
    }

    /// <inheritdoc/>
    public abstract Task DisposeAsync();

    /// <summary>Starts the server.</summary>
    /// <returns>The start of the server.</returns>
    protected abstract Task StartAsync();
}

using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.Conversations.Tests.Stores;

public sealed class MemoryFixture() : StoreFixture(executable: null)
{
    private readonly MemoryConversationStore _store = new();

    // No other store sees the same memory.
    public override IConversationStore Open(TimeSpan? expiry) => _store;

    public override Task DisposeAsync() => Task.CompletedTask;

    protected override Task StartAsync() => Task.CompletedTask;
}

using RetNet.Extensions.AI.Conversations;
using static RetNet.Extensions.Conversations.Tests.Stores.Conversations;

namespace RetNet.Extensions.Conversations.Tests.Stores;

/// <summary>What holds for stores that outlive the process.</summary>
public abstract class LastingStoreTests(LastingFixture fixture) : ConversationStoreTests(fixture)
{
    [StoreFact]
    public async Task Nothing_that_was_written_is_lost_in_a_crash()
    {
        string[] ids = [.. Enumerable.Range(0, 20).Select(_ => ConversationId.New())];
        await Task.WhenAll(ids.Select(id => Store.WriteAsync(id, After(1, $"before {id}"), 0).AsTask()));
        await Store.WriteAsync(ids[0], After(2, $"before {ids[0]}"), 1);
        await fixture.CrashAsync();
        foreach (string id in ids)
            Assert.Equal([$"before {id}"], (await UntilItSucceedsAsync(() => Store.ReadAsync(id).AsTask())).Texts());
        await IsRefusedAsync(ids[0], After(1, "late"), storedTurn: 0, found: 2);
        await Store.WriteAsync(ids[0], After(3, "after"), 2);
        Assert.Equal(["after"], (await Store.ReadAsync(ids[0])).Texts());
    }

    [StoreFact]
    public async Task An_expired_conversation_is_gone()
    {
        string id = ConversationId.New();
        IConversationStore brief = fixture.Open(TimeSpan.FromMilliseconds(1));
        await Store.WriteAsync(id, After(1, "first"), 0);
        await brief.WriteAsync(id, After(2, "second"), 1);
        for (DateTime limit = DateTime.UtcNow.AddMinutes(1); await Store.ReadAsync(id) is not null; await Task.Delay(1))
            Assert.True(DateTime.UtcNow < limit);
        Assert.False(await Store.DeleteAsync(id));
        await IsRefusedAsync(id, After(3, "late"), storedTurn: 2, found: 0);
        await Store.WriteAsync(id, After(1, "again"), 0);
        Assert.Equal(["again"], (await Store.ReadAsync(id)).Texts());
    }

    [StoreFact]
    public async Task A_conversation_may_last_longer_than_dates_do()
    {
        string id = ConversationId.New();

        await fixture.Open(TimeSpan.FromDays(9_000 * 365)).WriteAsync(id, After(1, "first"), 0);

        Assert.Equal(["first"], (await Store.ReadAsync(id)).Texts());
    }

    [StoreFact]
    public async Task Damaged_bytes_are_reported()
    {
        string id = ConversationId.New();
        StoredConversation conversation = After(1, "first");
        await Store.WriteAsync(id, conversation, 0);
        byte[] flipped = conversation.ToBytes();
        flipped[30] ^= 1;
        foreach (byte[] bytes in (byte[][])[flipped, conversation.ToBytes()[..^1], []])
        {
            await fixture.ReplaceAsync(id, bytes);
            InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => Store.ReadAsync(id).AsTask());
            Assert.Contains(id, error.Message, StringComparison.Ordinal);
        }

        await fixture.ReplaceAsync(id, conversation.ToBytes());
        Assert.Equal(["first"], (await Store.ReadAsync(id)).Texts());
    }
}

using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.AI.Tests.Conversations;

public sealed class MemoryConversationStoreTests
{
    private static readonly int Size = Conversation(1).ToBytes().Length;

    [Fact]
    public async Task The_least_recently_used_conversation_makes_room()
    {
        MemoryConversationStore store = new((2 * Size) + 10);
        await store.WriteAsync("a", Conversation(1), 0);
        await store.WriteAsync("b", Conversation(1), 0);
        await store.ReadAsync("a");

        await store.WriteAsync("c", Conversation(1), 0);

        Assert.Equal((2, 2L * Size), (store.Count, store.Bytes));
        Assert.NotNull(await store.ReadAsync("a"));
        Assert.Null(await store.ReadAsync("b"));
        ConversationConflictException conflict = await Assert.ThrowsAsync<ConversationConflictException>(
            () => store.WriteAsync("b", Conversation(2), 1).AsTask());
        Assert.Equal((1, 0), (conflict.Expected, conflict.Found));
        Assert.Contains($"at most {Size - 1}", (await Assert.ThrowsAsync<ArgumentException>(
            () => new MemoryConversationStore(Size - 1).WriteAsync("a", Conversation(1), 0).AsTask())).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryConversationStore(0));
    }

    [Fact]
    public async Task States_make_room_before_conversations_do()
    {
        const int state = 10_000;
        MemoryConversationStore store = new((4 * Size) + (2 * state));
        foreach (string id in (string[])["a", "b", "c", "d"])
            await store.WriteAsync(id, new StoredConversation(1, Conversation(1).Messages, new byte[state]), 0);

        Assert.Equal((4, (4L * Size) + (2 * state)), (store.Count, store.Bytes));
        foreach ((string id, int kept) in new Dictionary<string, int> { ["a"] = 0, ["b"] = 0, ["c"] = state, ["d"] = state })
        {
            StoredConversation read = (await store.ReadAsync(id))!;
            Assert.Equal((1, "hi", kept), (read.Turn, read.Messages[0].Text, read.State.Length));
        }

        // A state for which there is no room is not worth all others.
        await store.WriteAsync("b", new StoredConversation(2, Conversation(2).Messages, new byte[5 * state]), 1);
        Assert.Equal((2, 0), ((await store.ReadAsync("b"))!.Turn, (await store.ReadAsync("b"))!.State.Length));
        Assert.Equal(state, (await store.ReadAsync("d"))!.State.Length);
    }

    [Fact]
    public async Task New_conversations_keep_their_states_where_the_messages_of_old_ones_fill_the_store()
    {
        const int state = 20;
        MemoryConversationStore store = new(4 * Size);
        foreach (string id in (string[])["a", "b", "c", "d"])
            await store.WriteAsync(id, Conversation(1), 0);
        foreach (string id in (string[])["e", "f", "g", "h"])
            await store.WriteAsync(id, new StoredConversation(1, Conversation(1).Messages, new byte[state]), 0);

        Assert.Equal((3, 3L * (Size + state)), (store.Count, store.Bytes));
        foreach (string id in (string[])["f", "g", "h"])
            Assert.Equal(state, (await store.ReadAsync(id))!.State.Length);

        // The state that was written last stays even where it is most of the store.
        byte[] large = new byte[(3 * Size) - 1];
        await store.WriteAsync("h", new StoredConversation(2, Conversation(2).Messages, large), 1);
        Assert.Equal(large.Length, (await store.ReadAsync("h"))!.State.Length);
        Assert.Equal((1, (long)Size + large.Length), (store.Count, store.Bytes));
    }

    [Fact]
    public async Task What_is_kept_is_a_value()
    {
        MemoryConversationStore store = new();
        ChatMessage message = new(ChatRole.User, "before");
        byte[] state = [1, 2, 3];
        await store.WriteAsync("a", new StoredConversation(1, [message], state), 0);

        message.Contents = [new TextContent("after")];
        state[0] = 9;

        StoredConversation read = (await store.ReadAsync("a"))!;
        Assert.Equal("before", read.Messages[0].Text);
        Assert.Equal([1, 2, 3], read.State.ToArray());
        await Assert.ThrowsAsync<ConversationConflictException>(() => store.WriteAsync("a", Conversation(1), 0).AsTask());
        await store.WriteAsync("a", Conversation(2), 1);
        Assert.True(await store.DeleteAsync("a"));
        Assert.False(await store.DeleteAsync("a"));
        Assert.Equal((0, 0L), (store.Count, store.Bytes));
    }

    [Fact]
    public async Task Of_many_writers_of_a_turn_one_wins()
    {
        MemoryConversationStore store = new();
        for (int turn = 0; turn < 20; turn++)
        {
            Exception?[] failures = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(
                () => Record.ExceptionAsync(() => store.WriteAsync("a", Conversation(turn + 1), turn).AsTask()))));

            Assert.Single(failures, failure => failure is null);
            Assert.All(failures.OfType<Exception>(), failure => Assert.IsType<ConversationConflictException>(failure));
        }

        Assert.Equal(20, (await store.ReadAsync("a"))!.Turn);
    }

    private static StoredConversation Conversation(long turn) => new(turn, [new(ChatRole.User, "hi")]);
}

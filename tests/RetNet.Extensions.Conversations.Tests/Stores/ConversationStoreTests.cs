using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Conversations;
using static RetNet.Extensions.Conversations.Tests.Stores.Conversations;

namespace RetNet.Extensions.Conversations.Tests.Stores;

/// <summary>What holds for every <see cref="IConversationStore"/>.</summary>
public abstract class ConversationStoreTests(StoreFixture fixture)
{
    private const int Writers = 50;

    /// <summary>The store that tests share.</summary>
    protected IConversationStore Store => fixture.Store;

    [StoreFact]
    public async Task Nothing_is_kept_under_a_new_id()
    {
        string id = ConversationId.New();
        Assert.Null(await Store.ReadAsync(id));
        Assert.False(await Store.DeleteAsync(id));
    }

    [StoreFact]
    public async Task What_is_written_is_read()
    {
        string id = ConversationId.New();
        FunctionCallContent call = new("call-1", "weather", new Dictionary<string, object?> { ["city"] = "Zürich 🏔" });
        await Store.WriteAsync(
            id, new StoredConversation(7, [new(ChatRole.System, "Be kind."), new(ChatRole.Assistant, [call])],
                new byte[] { 0, 255, 13, 10 }), 0);

        StoredConversation? read = await fixture.Open(expiry: null).ReadAsync(id);

        Assert.NotNull(read);
        Assert.Equal(7, read.Turn);
        Assert.Equal([0, 255, 13, 10], read.State.ToArray());
        Assert.Equal([ChatRole.System, ChatRole.Assistant], read.Messages.Select(message => message.Role));
        Assert.Equal("Be kind.", read.Messages[0].Text);
        FunctionCallContent readCall = Assert.IsType<FunctionCallContent>(Assert.Single(read.Messages[1].Contents));
        Assert.Equal("Zürich 🏔", readCall.Arguments!["city"]!.ToString());
    }

    [StoreFact]
    public async Task A_turn_that_does_not_follow_the_kept_one_is_refused()
    {
        string id = ConversationId.New();
        await IsRefusedAsync(id, After(2, "early"), storedTurn: 1, found: 0);
        Assert.Null(await Store.ReadAsync(id));

        await Store.WriteAsync(id, After(1, "first"), 0);
        await IsRefusedAsync(id, After(1, "first"), storedTurn: 0, found: 1);
        await IsRefusedAsync(id, After(3, "early"), storedTurn: 2, found: 1);
        await Store.WriteAsync(id, After(2, "first", "second"), 1);
        await IsRefusedAsync(id, After(2, "late"), storedTurn: 1, found: 2);
        await IsRefusedAsync(id, After(1, "late"), storedTurn: 0, found: 2);

        StoredConversation? kept = await Store.ReadAsync(id);
        Assert.Equal(["first", "second"], kept.Texts());
        Assert.Equal(2, kept!.Turn);
        Assert.Equal([1, 2, 2], kept.State.ToArray());
    }

    [StoreFact]
    public async Task Turns_beyond_the_precision_of_a_double_differ()
    {
        string id = ConversationId.New();
        const long Large = (1L << 53) + 1;
        await Store.WriteAsync(id, After(Large, "large"), 0);
        await IsRefusedAsync(id, After(Large, "wrong"), storedTurn: Large - 1, found: Large);
        await Store.WriteAsync(id, After(long.MaxValue, "largest"), Large);
        Assert.Equal(long.MaxValue, (await Store.ReadAsync(id))!.Turn);
    }

    [StoreFact]
    public async Task Of_many_writers_of_a_turn_one_wins()
    {
        string id = ConversationId.New();
        IConversationStore[] stores = [Store, fixture.Open(TimeSpan.FromDays(1))];
        for (int turn = 0; turn < 4; turn++)
        {
            bool[] won = await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
            {
                try
                {
                    await stores[writer % stores.Length].WriteAsync(id, After(turn + 1, $"{writer}"), turn);
                    return true;
                }
                catch (ConversationConflictException conflict)
                {
                    Assert.Equal((turn, turn + 1), (conflict.Expected, conflict.Found));
                    return false;
                }
            }));

            int winner = Assert.Single(Enumerable.Range(0, Writers), writer => won[writer]);
            Assert.Equal([$"{winner}"], (await Store.ReadAsync(id)).Texts());
        }
    }

    [StoreFact]
    public async Task Writers_that_read_again_lose_nothing()
    {
        string id = ConversationId.New();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            while (true)
            {
                StoredConversation before = await Store.ReadAsync(id) ?? StoredConversation.Empty;
                try
                {
                    await Store.WriteAsync(
                        id, new StoredConversation(before.Turn + 1, [.. before.Messages, new(ChatRole.User, $"{writer}")]), before.Turn);
                    return;
                }
                catch (ConversationConflictException)
                {
                    // Another one was faster.
                }
            }
        }));

        StoredConversation? kept = await Store.ReadAsync(id);
        Assert.Equal(Writers, kept!.Turn);
        Assert.Equal(Enumerable.Range(0, Writers), kept.Texts().Select(int.Parse).Order());
    }

    [StoreFact]
    public async Task A_deleted_conversation_begins_anew()
    {
        string id = ConversationId.New();
        await Store.WriteAsync(id, After(1, "first"), 0);
        Assert.True(await Store.DeleteAsync(id));
        Assert.False(await Store.DeleteAsync(id));
        Assert.Null(await Store.ReadAsync(id));
        await IsRefusedAsync(id, After(2, "late"), storedTurn: 1, found: 0);
        await Store.WriteAsync(id, After(1, "again"), 0);
        Assert.Equal(["again"], (await Store.ReadAsync(id)).Texts());
    }

    [StoreFact]
    public async Task Ids_may_be_hostile()
    {
        string[] ids =
        [
            ".", "..", "../../etc/passwd", "/etc/passwd", "C:\\Windows", "a/b", "a\\b", "con", "NUL", "-rf", "~", "%2e%2e%2f", "a.", "a",
            "A", "abc", "ABC", "aBc", "{tag}", "{tag}a", "{}", "}{", "*", "a*", "[a-z]", "?", "'", "\"", "';DROP--", "');--", "$1", ":id",
            "@id", "\\", "\\x00", "#", "`id`", "$(id)", "|", ">x", "<script>", new string('x', ConversationId.MaxLength),
            new string('X', ConversationId.MaxLength), new string('/', ConversationId.MaxLength), new string('.', ConversationId.MaxLength),
        ];
        foreach (string id in ids)
            await Store.WriteAsync(id, After(1, $"text of {id}"), 0);
        foreach (string id in ids)
            Assert.Equal([$"text of {id}"], (await Store.ReadAsync(id)).Texts());
        foreach (string id in ids)
        {
            Assert.True(await Store.DeleteAsync(id));
            Assert.Null(await Store.ReadAsync(id));
        }
    }

    [StoreFact]
    public async Task Texts_that_are_no_ids_are_refused()
    {
        foreach (string id in (string[])["", " ", "a b", "é", "line\n", "\0", new string('x', ConversationId.MaxLength + 1)])
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ReadAsync(id).AsTask());
            await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.WriteAsync(id, After(1, "text"), 0).AsTask());
            await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.DeleteAsync(id).AsTask());
        }
    }

    [StoreFact]
    public async Task States_of_five_megabytes_are_kept()
    {
        string id = ConversationId.New();
        byte[] state = new byte[5_000_000];
        for (int turn = 1; turn <= 3; turn++)
        {
            new Random(turn).NextBytes(state);
            await Store.WriteAsync(id, new StoredConversation(turn, [], state), turn - 1);
            Assert.True((await Store.ReadAsync(id))!.State.Span.SequenceEqual(state));
        }
    }

    [StoreFact]
    public async Task A_cancelled_request_does_nothing()
    {
        string id = ConversationId.New();
        CancellationToken cancelled = new(canceled: true);
        await Store.WriteAsync(id, After(1, "first"), 0);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ReadAsync(id, cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.WriteAsync(id, After(2, "second"), 1, cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.DeleteAsync(id, cancelled).AsTask());
        Assert.Equal(["first"], (await Store.ReadAsync(id)).Texts());
    }

    /// <summary>Writes a turn that does not follow the kept one.</summary>
    protected async Task IsRefusedAsync(string id, StoredConversation conversation, long storedTurn, long found)
    {
        ConversationConflictException conflict = await Assert.ThrowsAsync<ConversationConflictException>(
            () => Store.WriteAsync(id, conversation, storedTurn).AsTask());
        Assert.Equal((storedTurn, found), (conflict.Expected, conflict.Found));
    }
}

using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Storage;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Orleans.Conversations;
using RetNet.Extensions.PostgreSql;
using RetNet.Extensions.Servers;

namespace RetNet.Extensions.Orleans.Tests;

/// <summary>Where conversations are kept.</summary>
public sealed class StorageTests
{
    [ServerFact(PostgreSqlServer.Executable)]
    public async Task A_conversation_goes_on_in_another_cluster_from_a_store_that_both_share()
    {
        await using PostgreSqlServer server = await PostgreSqlServer.StartAsync();
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(server.ConnectionString);
        PostgreSqlConversationStore store = new(source);
        ChatOptions options = new() { ConversationId = "c" };
        await using (SiloHost first = await StartAsync(store))
            await first.Client.GetResponseAsync("First.", options);

        await using SiloHost second = await StartAsync(store);
        await using SiloHost third = await StartAsync(store);
        ChatResponse answer = await second.Client.GetResponseAsync("Second.", options);
        await third.Client.GetResponseAsync("Third.", options);

        Assert.Equal("You sent 3 messages.", answer.Text);
        await Assert.ThrowsAsync<ConversationConflictException>(() => second.Client.GetResponseAsync("Also third.", options));
        StoredConversation kept = (await store.ReadAsync("c"))!;
        Assert.Equal(3, kept.Turn);
        Assert.Equal(
            ["First.", "Second.", "Third."], kept.Messages.Where(message => message.Role == ChatRole.User).Select(message => message.Text));
        IConversationGrain grain = second.Cluster.GetGrain<IConversationGrain>("c");
        Assert.True(await grain.DeleteAsync());
        Assert.Null(await store.ReadAsync("c"));
    }

    [Fact]
    public void A_state_is_stored_as_bytes_and_not_as_json()
    {
        byte[] state = new byte[100_000];
        Random random = new(1);
        random.NextBytes(state);
        ConversationGrainState written = new() { Conversation = new StoredConversation(3, [new(ChatRole.User, "Hello.")], state) };
        ConversationGrainStorageSerializer serializer = new();

        BinaryData data = serializer.Serialize(written);
        ConversationGrainState read = serializer.Deserialize<ConversationGrainState>(data)!;

        Assert.InRange(data.ToMemory().Length, state.Length, state.Length + 500);
        Assert.Equal(3, read.Conversation.Turn);
        Assert.True(read.Conversation.State.Span.SequenceEqual(state));
        Assert.Throws<NotSupportedException>(() => serializer.Serialize("another state"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_storage_that_fails_for_a_moment_loses_no_turn_and_keeps_none_twice(bool hasWritten)
    {
        FailingStore store = new(hasWritten);
        await using SiloHost silo = await StartAsync(store);
        ChatOptions options = new() { ConversationId = "c" };
        await silo.Client.GetResponseAsync("First.", options);

        // What was written is found by the first repetition.
        store.Failures = hasWritten ? 1 : 2;
        ChatResponse answer = await silo.Client.GetResponseAsync("Second.", options);

        Assert.Equal("You sent 3 messages.", answer.Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal(7, answer.Usage?.OutputTokenCount);
        Assert.Equal(0, store.Failures);
        StoredConversation kept = (await store.ReadAsync("c"))!;
        Assert.Equal(2, kept.Turn);
        Assert.Equal(["First.", "Second."], kept.Messages.Where(message => message.Role == ChatRole.User).Select(message => message.Text));
    }

    [Fact]
    public async Task A_read_of_the_storage_that_never_ends_holds_the_conversation_no_longer_than_its_limit()
    {
        int reads = 0;
        FailingStore store = new(hasWritten: false)
        {
            BeforeRead = () => Interlocked.Increment(ref reads) == 1 ? Task.Delay(Timeout.Infinite) : Task.CompletedTask,
        };
        ManualTime time = new();
        await using SiloHost silo = await SiloHost.StartAsync(ScriptedClient.Counting(), (host, silo) =>
        {
            silo.AddRetNetConversationStorage(_ => store);
            host.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<ConversationSilo>(services, time));
        });

        Task<ChatResponse> answer = silo.Client.GetResponseAsync("Hello.", new() { ConversationId = "c" });
        await Waiting.UntilAsync(() => time.IsWaitedFor(TimeSpan.FromSeconds(25)));
        time.Elapsed = TimeSpan.FromSeconds(25);

        Assert.Equal("You sent 1 messages.", (await answer).Text);
        Assert.Equal(2, reads);
    }

    [Fact]
    public async Task A_storage_that_cannot_be_read_for_a_moment_loses_no_turn()
    {
        FailingStore store = new(hasWritten: false);
        await store.WriteAsync("c", new StoredConversation(1, [new(ChatRole.User, "First."), new(ChatRole.Assistant, "1")]), 0);
        await using SiloHost silo = await StartAsync(store);

        store.ReadFailures = 3;
        ChatResponse answer = await silo.Client.GetResponseAsync("Second.", new() { ConversationId = "c" });

        Assert.Equal("You sent 3 messages.", answer.Text);
        Assert.Equal(0, store.ReadFailures);
        Assert.Equal(2, (await store.ReadAsync("c"))!.Turn);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_storage_that_goes_on_failing_is_told_with_its_reason(bool failsToRead)
    {
        FailingStore store = new(hasWritten: false) { Failures = int.MaxValue, ReadFailures = failsToRead ? int.MaxValue : 0 };
        await using SiloHost silo = await StartAsync(store);
        using ClusterChatClient client = new(silo.Cluster, new ClusterChatClientOptions { RetryFor = TimeSpan.FromMilliseconds(200) });

        ConversationStorageException failure = await Assert.ThrowsAsync<ConversationStorageException>(
            () => client.GetResponseAsync("First.", new() { ConversationId = "c" }));

        Assert.Equal("The storage of conversation 'c' failed: IOException: The disk is full.", failure.Message);
    }

    [Fact]
    public async Task A_conversation_that_cannot_be_deleted_is_one_whose_storage_failed()
    {
        FailingStore store = new(hasWritten: false);
        await using SiloHost silo = await StartAsync(store);
        await silo.Client.GetResponseAsync("First.", new() { ConversationId = "c" });
        IConversationGrain grain = silo.Cluster.GetGrain<IConversationGrain>("c");

        store.Failures = 1;
        await Assert.ThrowsAsync<ConversationStorageException>(grain.DeleteAsync);

        Assert.Equal(1, (await grain.ReadAsync()).Turn);
        Assert.True(await grain.DeleteAsync());
    }

    [Fact]
    public async Task A_damaged_conversation_is_told_at_once()
    {
        FailingStore store = new(hasWritten: false) { ReadFailures = 1, Failure = new InvalidDataException("No conversation.") };
        await using SiloHost silo = await StartAsync(store);

        InvalidDataException failure = await Assert.ThrowsAsync<InvalidDataException>(
            () => silo.Client.GetResponseAsync("First.", new() { ConversationId = "c" }));

        Assert.Equal("No conversation.", failure.Message);
    }

    [Fact]
    public async Task A_repeated_answer_that_is_another_one_is_an_error_after_it_is_kept()
    {
        FailingStore store = new(hasWritten: false) { Failures = 1 };
        int answers = 0;
        ScriptedClient model = new(
            (_, _) => ScriptedClient.WordsAsync(answers++ == 0 ? "Once upon a time." : "Once there was a cat."));
        await using SiloHost silo = await SiloHost.StartAsync(model, (_, host) => host.AddRetNetConversationStorage(_ => store));

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => silo.Client.GetResponseAsync("First.", new() { ConversationId = "c" }));

        Assert.Contains("differs at character 5", error.Message, StringComparison.Ordinal);
        Assert.Contains("The conversation has the repeated answer", error.Message, StringComparison.Ordinal);
        Assert.Equal("Once there was a cat.", (await store.ReadAsync("c"))!.Messages[^1].Text);
    }

    [Fact]
    public async Task An_answer_that_is_being_written_is_not_told_as_kept()
    {
        TaskCompletionSource isWriting = new();
        TaskCompletionSource mayFail = new();
        FailingStore store = new(hasWritten: false)
        {
            Failures = 1,
            BeforeWrite = () =>
            {
                isWriting.SetResult();
                return mayFail.Task;
            },
        };
        await using SiloHost silo = await StartAsync(store);
        IConversationGrain grain = silo.Cluster.GetGrain<IConversationGrain>("c");
        TurnRequest request = new([new(ChatRole.User, "First.")]);
        Task<List<TurnUpdate>> first = grain.AnswerAsync(request).ToListAsync().AsTask();
        await isWriting.Task;

        Assert.Equal(0, (await grain.ReadAsync()).Turn);
        await using IAsyncEnumerator<TurnUpdate> again = grain.AnswerAsync(request).GetAsyncEnumerator();
        Assert.True(await again.MoveNextAsync());
        mayFail.SetResult();

        await Assert.ThrowsAsync<ConversationStorageException>(() => first);
        await Assert.ThrowsAsync<ConversationStorageException>(async () =>
        {
            while (await again.MoveNextAsync())
                Assert.Null(again.Current.Read().FinishReason);
        });
        Assert.Equal(0, (await grain.ReadAsync()).Turn);
    }

    [Fact]
    public async Task The_grain_storage_named_RetNet_writes_states_as_bytes()
    {
        await using SiloHost silo = await SiloHost.StartAsync(ScriptedClient.Counting());

        Assert.IsType<ConversationGrainStorageSerializer>(silo.Services.GetRequiredKeyedService<IGrainStorageSerializer>("RetNet"));
        Assert.IsType<MemoryGrainStorage>(silo.Services.GetRequiredKeyedService<IGrainStorage>("RetNet"));
    }

    private static Task<SiloHost> StartAsync(IConversationStore store) => SiloHost.StartAsync(
        ScriptedClient.Counting(), (_, silo) => silo.AddRetNetConversationStorage(_ => store));

    /// <summary>A store in memory whose next requests fail.</summary>
    /// <param name="hasWritten">Whether they fail after the conversation was written.</param>
    private sealed class FailingStore(bool hasWritten) : IConversationStore
    {
        private readonly MemoryConversationStore _store = new();

        /// <summary>How many writes and deletions fail.</summary>
        public int Failures { get; set; }

        /// <summary>How many reads fail.</summary>
        public int ReadFailures { get; set; }

        /// <summary>With what requests fail.</summary>
        public Exception Failure { get; init; } = new IOException("The disk is full.");

        /// <summary>What a write waits for.</summary>
        public Func<Task> BeforeWrite { get; init; } = () => Task.CompletedTask;

        /// <summary>What a read waits for.</summary>
        public Func<Task> BeforeRead { get; init; } = () => Task.CompletedTask;

        public async ValueTask<StoredConversation?> ReadAsync(string id, CancellationToken cancellationToken = default)
        {
            await BeforeRead();
            if (ReadFailures == 0)
                return await _store.ReadAsync(id, cancellationToken);
            ReadFailures--;
            throw Failure;
        }

        public async ValueTask WriteAsync(
            string id, StoredConversation conversation, long storedTurn, CancellationToken cancellationToken = default)
        {
            await BeforeWrite();
            bool fails = Failures > 0;
            if (!fails || hasWritten)
                await _store.WriteAsync(id, conversation, storedTurn, cancellationToken);
            if (!fails)
                return;
            Failures--;
            throw Failure;
        }

        public ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken = default)
        {
            if (Failures == 0)
                return _store.DeleteAsync(id, cancellationToken);
            Failures--;
            throw Failure;
        }
    }
}

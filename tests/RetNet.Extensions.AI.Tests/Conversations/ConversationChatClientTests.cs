using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.AI.Tests.Conversations;

/// <summary>Conversations that are continued by their id.</summary>
public sealed class ConversationChatClientTests
{
    private readonly MemoryConversationStore _store = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_with_an_id_sends_only_what_is_new(bool streams)
    {
        using RetNetChatClient forgetful = new(Models.RetNet, new() { MaxConversations = 0 });
        using IChatClient client = Client();
        List<ChatMessage> history = [];
        string? id = null;
        foreach (string question in (string[])["Tell me a story about a dog.", "And then?", "How did it end?"])
        {
            history.Add(new(ChatRole.User, question));
            ChatResponse anew = await forgetful.GetResponseAsync(history, Options());
            history.AddMessages(anew);
            ChatOptions options = Options(id);

            ChatResponse response = streams
                ? await client.GetStreamingResponseAsync(question, options).ToChatResponseAsync()
                : await client.GetResponseAsync(question, options);

            Assert.Equal(anew.Text, response.Text);
            Assert.Equal(anew.Usage!.InputTokenCount, response.Usage!.InputTokenCount);
            Assert.Equal(id is not null, response.Usage.CachedInputTokenCount > 0);
            Assert.Equal(id ?? response.ConversationId, response.ConversationId);
            Assert.Equal(id, options.ConversationId);
            id = response.ConversationId;
        }

        Assert.Equal(3, (await _store.ReadAsync(id!))!.Turn);
    }

    [Fact]
    public async Task An_unknown_id_is_refused()
    {
        using IChatClient client = Client();

        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.GetResponseAsync("hi", Options("forgotten")));

        Assert.Contains("'forgotten', which the store does not have", failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync("hi", Options("not an id")));
    }

    [Fact]
    public async Task A_stream_that_is_left_leaves_the_conversation_as_it_was()
    {
        using IChatClient client = Client();
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("hi", Options()))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => client.GetResponseAsync("hi", Options(update.ConversationId)));
            break;
        }

        Assert.Equal(0, _store.Count);
        string id = (await client.GetResponseAsync("hi", Options())).ConversationId!;
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("and?", Options(id)))
            break;

        Assert.Equal(1, (await _store.ReadAsync(id))!.Turn);
        await client.GetResponseAsync("and?", Options(id));
        Assert.Equal(2, (await _store.ReadAsync(id))!.Turn);
    }

    [Fact]
    public async Task A_conversation_is_kept_before_its_answer_says_that_it_has_ended()
    {
        using IChatClient client = Client();

        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("hi", Options()))
            Assert.Equal(update.FinishReason is null ? 0 : 1, _store.Count);
    }

    [Fact]
    public async Task A_conversation_is_kept_before_any_of_several_updates_says_that_its_answer_has_ended()
    {
        using IChatClient client = new UpdatesClient([
            Update(new TextContent("Hello.")),
            Update(ChatFinishReason.Stop),
            Update(ChatFinishReason.Stop, new TextContent(""), new UsageContent(new())),
            Update(new UsageContent(new())),
        ]).AsBuilder().UseConversations(_store).Build();
        List<ChatFinishReason?> reasons = [];

        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("hi"))
        {
            reasons.Add(update.FinishReason);
            Assert.Equal(reasons.Count == 1 ? 0 : 1, _store.Count);
        }

        Assert.Equal([null, ChatFinishReason.Stop, ChatFinishReason.Stop, null], reasons);
    }

    [Fact]
    public async Task An_answer_that_goes_on_after_calls_is_streamed()
    {
        TaskCompletionSource isRead = new();
        UpdatesClient inner = new(
            [
                Update(new FunctionCallContent("1", "clock")), Update(ChatFinishReason.ToolCalls),
                Update(ChatFinishReason.ToolCalls, new UsageContent(new())),
            ],
            [Update(new TextContent("It is ")), Update(new TextContent("noon.")), Update(ChatFinishReason.Stop)])
        {
            // The rest of the answer comes once its beginning was read.
            BeforeLast = isRead.Task,
        };
        using IChatClient client = inner.AsBuilder().UseConversations(_store).UseFunctionInvocation().Build();
        ChatOptions options = new() { Tools = [AIFunctionFactory.Create(() => "noon", "clock")] };
        string text = "";

        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("What time is it?", options))
        {
            text += update.Text;
            if (text == "It is noon.")
                isRead.TrySetResult();
        }

        Assert.Equal("It is noon.", text);
        Assert.Equal(1, _store.Count);
    }

    [Fact]
    public async Task A_second_request_is_refused_at_once_here_and_at_the_end_elsewhere()
    {
        using IChatClient client = Client();
        using IChatClient elsewhere = Client();
        string id = (await client.GetResponseAsync("hi", Options())).ConversationId!;
        await using IAsyncEnumerator<ChatResponseUpdate> first =
            client.GetStreamingResponseAsync("one", Options(id)).GetAsyncEnumerator();
        Assert.True(await first.MoveNextAsync());

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.GetResponseAsync("two", Options(id)));
        await elsewhere.GetResponseAsync("three", Options(id));
        ConversationConflictException conflict = await Assert.ThrowsAsync<ConversationConflictException>(async () =>
        {
            while (await first.MoveNextAsync())
                Assert.Null(first.Current.FinishReason);
        });

        Assert.Contains("answering another request", refused.Message, StringComparison.Ordinal);
        Assert.Equal((1, 2), (conflict.Expected, conflict.Found));
        Assert.Contains("three", (await _store.ReadAsync(id))!.Messages.Select(message => message.Text));
        await client.GetResponseAsync("four", Options(id));
        Assert.Equal(3, (await _store.ReadAsync(id))!.Turn);
    }

    [Fact]
    public async Task A_turn_whose_write_lost_its_answer_is_kept_and_answered()
    {
        FailingStore failing = new(_store, isKept: true);
        using IChatClient client = new RetNetChatClient(Models.RetNet).AsBuilder().UseConversations(failing).Build();
        string id = (await client.GetResponseAsync("hi", Options())).ConversationId!;
        ChatResponse next = await client.GetResponseAsync("and?", Options(id));

        Assert.NotNull(next.FinishReason);
        StoredConversation kept = (await _store.ReadAsync(id))!;
        Assert.Equal(2, kept.Turn);
        Assert.Equal(["hi", "and?"], kept.Messages.Where(message => message.Role == ChatRole.User).Select(message => message.Text));
    }

    [Fact]
    public async Task A_store_that_fails_over_is_asked_again_whether_it_kept_the_turn()
    {
        int reads = 0;
        FailingStore failing = new(_store, isKept: true)
        {
            BeforeRead = () => ++reads <= 2 ? throw new IOException("The connection was refused.") : Task.CompletedTask,
        };
        using IChatClient client = new RetNetChatClient(Models.RetNet).AsBuilder().UseConversations(failing).Build();

        ChatResponse response = await client.GetResponseAsync("hi", Options());

        Assert.Equal(3, reads);
        Assert.Equal(1, (await _store.ReadAsync(response.ConversationId!))!.Turn);
    }

    [Fact]
    public async Task A_store_that_was_disposed_is_asked_once()
    {
        int reads = 0;
        FailingStore failing = new(_store, isKept: false)
        {
            BeforeRead = () =>
            {
                reads++;
                throw new ObjectDisposedException(nameof(FailingStore));
            },
        };
        using IChatClient client = new RetNetChatClient(Models.RetNet).AsBuilder().UseConversations(failing).Build();

        await Assert.ThrowsAsync<IOException>(() => client.GetResponseAsync("hi", Options()));

        Assert.Equal(1, reads);
    }

    [Fact]
    public async Task A_turn_that_was_not_written_fails_though_the_place_is_taken()
    {
        using IChatClient client = Client();
        string id = (await client.GetResponseAsync("hi", Options())).ConversationId!;
        using IChatClient failing = new RetNetChatClient(Models.RetNet).AsBuilder().UseConversations(
            new FailingStore(_store, isKept: false) { BeforeFailure = () => client.GetResponseAsync("three", Options(id)) }).Build();

        await Assert.ThrowsAsync<IOException>(() => failing.GetResponseAsync("two", Options(id)));

        Assert.Equal("three", (await _store.ReadAsync(id))!.Messages[^2].Text);
    }

    [Fact]
    public async Task What_cannot_be_kept_is_refused_before_it_is_answered()
    {
        UpdatesClient inner = new();
        using IChatClient client = inner.AsBuilder().UseConversations(_store).Build();

        await Assert.ThrowsAsync<NotSupportedException>(
            () => client.GetResponseAsync(new ChatMessage(ChatRole.User, [new OwnContent()]), Options()));

        Assert.Equal(0, inner.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Functions_are_invoked_inside_and_outside(bool inside)
    {
        AIFunction weather = AIFunctionFactory.Create(
            (string city) => city == "Paris" ? "sunny" : "rainy", "get_weather", "Tells the weather of a city.");
        ChatClientBuilder builder = new RetNetChatClient(Models.ByHeart).AsBuilder();
        using IChatClient client = inside
            ? builder.UseConversations(_store).UseFunctionInvocation().Build()
            : builder.UseFunctionInvocation().UseConversations(_store).Build();
        ChatOptions options = new() { Tools = [weather] };
        List<string> answers = [];
        foreach (string question in (string[])["What is the weather in Paris?", "And in Rome?", "Thank you."])
        {
            ChatResponse response = await client.GetResponseAsync(question, options);
            options.ConversationId = response.ConversationId;
            answers.Add(response.Text);
        }

        Assert.Equal(["It is sunny in Paris.", "It is rainy in Rome.", "You are welcome."], answers);
        StoredConversation kept = (await _store.ReadAsync(options.ConversationId!))!;
        Assert.Equal(10, kept.Messages.Count);
        Assert.Equal(inside ? 3 : 5, kept.Turn);
    }

    [Fact]
    public async Task The_store_may_come_from_the_services()
    {
        ServiceCollection services = new();
        services.AddSingleton<IConversationStore>(_store);
        await using ServiceProvider provider = services.BuildServiceProvider();
        using IChatClient client = new RetNetChatClient(Models.RetNet).AsBuilder().UseConversations().Build(provider);

        ChatResponse response = await client.GetResponseAsync("hi", Options());

        Assert.NotNull(await _store.ReadAsync(response.ConversationId!));
        Assert.Same(_store, client.GetService<IConversationStore>());
        Assert.Throws<InvalidOperationException>(() => new RetNetChatClient(Models.RetNet).AsBuilder().UseConversations().Build());
    }

    private IChatClient Client() => new RetNetChatClient(Models.RetNet).AsBuilder().UseConversations(_store).Build();

    private static ChatResponseUpdate Update(params AIContent[] contents) => new(ChatRole.Assistant, contents);

    private static ChatResponseUpdate Update(ChatFinishReason reason, params AIContent[] contents) =>
        new(ChatRole.Assistant, contents) { FinishReason = reason };

    private static ChatOptions Options(string? id = null) => new() { Temperature = 0, MaxOutputTokens = 20, ConversationId = id };

    /// <summary>Content of an application, which JSON does not know.</summary>
    private sealed class OwnContent : AIContent;

    /// <summary>A store whose writes fail.</summary>
    /// <param name="store">Keeps.</param>
    /// <param name="isKept">Whether they fail after the turn was kept.</param>
    private sealed class FailingStore(IConversationStore store, bool isKept) : IConversationStore
    {
        /// <summary>What happens before a write fails.</summary>
        public Func<Task> BeforeFailure { get; init; } = () => Task.CompletedTask;

        /// <summary>What happens before a read.</summary>
        public Func<Task> BeforeRead { get; init; } = () => Task.CompletedTask;

        public async ValueTask<StoredConversation?> ReadAsync(string id, CancellationToken cancellationToken = default)
        {
            await BeforeRead();
            return await store.ReadAsync(id, cancellationToken);
        }

        public async ValueTask WriteAsync(
            string id, StoredConversation conversation, long storedTurn, CancellationToken cancellationToken = default)
        {
            if (isKept)
                await store.WriteAsync(id, conversation, storedTurn, cancellationToken);
            await BeforeFailure();
            throw new IOException("The answer was lost.");
        }

        public ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken = default) =>
            store.DeleteAsync(id, cancellationToken);
    }

    /// <summary>Answers each request with the next list of updates.</summary>
    private sealed class UpdatesClient(params IReadOnlyList<ChatResponseUpdate>[] answers) : IChatClient
    {
        private int _requests;

        public int Requests => _requests;

        /// <summary>What the last update of the last answer waits for.</summary>
        public Task BeforeLast { get; init; } = Task.CompletedTask;

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            IReadOnlyList<ChatResponseUpdate> answer = answers[_requests++];
            foreach (ChatResponseUpdate update in answer)
            {
                await Task.Yield();
                if (_requests == answers.Length && update == answer[^1])
                    await BeforeLast.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
                yield return update;
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}

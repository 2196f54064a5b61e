using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI.Tests.Conversations;

/// <summary>A conversation as a value goes on in another process with what the model remembers of it.</summary>
public sealed class ConversationStateTests
{
    private static readonly string[] Questions = ["Tell me a story about a dog.", "And then? What did the cat say?", "How did it end?"];

    [Theory]
    [InlineData("retnet-tinystories", null)]
    [InlineData("llama-tinystories", null)]
    [InlineData("llama-tinystories", "tova")]
    [InlineData("llama-tinystories", "window")]
    public async Task It_goes_on_with_the_same_text_without_reading_its_history_again(string name, string? policy)
    {
        using RetNetChatClient forgetful = new(Models.Get(name), new RetNetChatClientOptions { MaxConversations = 0 });
        List<ChatMessage> history = [];
        StoredConversation conversation = StoredConversation.Empty;
        long read = 0;
        foreach (string question in Questions)
        {
            history.Add(new(ChatRole.User, question));
            ChatResponse anew = await forgetful.GetResponseAsync(history, Options(policy));
            history.AddMessages(anew);

            using TextModel model = Load(name);
            using RetNetChatClient client = new(model);
            (ChatResponse response, conversation) = await TurnAsync(client, conversation, question, Options(policy));

            Assert.Equal(anew.Text, response.Text);
            Assert.Equal(anew.Usage!.InputTokenCount, response.Usage!.InputTokenCount);
            long cached = response.Usage.CachedInputTokenCount!.Value;
            Assert.InRange(cached, conversation.Turn == 1 ? 0 : read, conversation.Turn == 1 ? 0 : response.Usage.InputTokenCount!.Value);
            Assert.Equal(0, model.Scheduler.KeptStateBytes);
            Assert.False(conversation.State.IsEmpty);

            // Under a policy that dropped rows while it answered, the answer is read again, and the question is not.
            read = policy is null ? response.Usage.TotalTokenCount!.Value - 1 : cached + 1;
        }
    }

    [Fact]
    public async Task An_answer_is_there_also_where_no_next_message_can_be_encoded()
    {
        using ScriptedModel model = ScriptedModel.Repeating("It is ", "noon.");
        using RetNetChatClient client = new(model.Model);

        (ChatResponse first, StoredConversation conversation) = await TurnAsync(client, StoredConversation.Empty, "noon.", new());
        (ChatResponse second, _) = await TurnAsync(client, conversation, "It is ", new());

        Assert.Equal("It is noon.", first.Text);
        Assert.Equal("It is noon.", second.Text);
    }

    [Fact]
    public async Task A_turn_that_is_not_kept_saves_no_state()
    {
        using RetNetChatClient client = new(Models.Get("retnet-tinystories"));
        ConversationTurn turn = new(client, StoredConversation.Empty, [new(ChatRole.User, Questions[0])], Options(null))
        {
            SavesState = false,
        };

        await foreach (ChatResponseUpdate _ in turn)
        {
        }

        Assert.Equal(2, turn.After.Messages.Count);
        Assert.True(turn.After.State.IsEmpty);
    }

    [Fact]
    public async Task Functions_that_were_called_are_not_read_again()
    {
        List<string> called = [];
        AIFunction weather = AIFunctionFactory.Create(
            (string city) =>
            {
                called.Add(city);
                return city == "Paris" ? "sunny" : "rainy";
            },
            "get_weather", "Tells the weather of a city.");
        StoredConversation conversation = StoredConversation.Empty;
        List<string> answers = [];
        List<long> cached = [];
        foreach (string question in (string[])["What is the weather in Paris?", "And in Rome?", "Thank you."])
        {
            using IChatClient client = new RetNetChatClient(Models.ByHeart).AsBuilder()
                .UseOpenTelemetry(sourceName: "tests", configure: telemetry => telemetry.EnableSensitiveData = true)
                .UseFunctionInvocation()
                .UseDistributedCache(NewCache())
                .Build();
            (ChatResponse response, conversation) = await TurnAsync(client, conversation, question, new() { Tools = [weather] });
            answers.Add(response.Text);
            cached.Add(response.Usage!.CachedInputTokenCount!.Value);
        }

        Assert.Equal(["It is sunny in Paris.", "It is rainy in Rome.", "You are welcome."], answers);
        Assert.Equal(["Paris", "Rome"], called);
        Assert.Equal(10, conversation.Messages.Count);
        using RetNetChatClient again = new(Models.ByHeart);
        (ChatResponse last, _) = await TurnAsync(again, conversation, "Thank you.", new() { Tools = [weather] });
        Assert.InRange(last.Usage!.CachedInputTokenCount!.Value, last.Usage.InputTokenCount!.Value - 40, last.Usage.InputTokenCount.Value);
    }

    [Fact]
    public async Task What_a_cache_answers_leaves_the_state_before_it()
    {
        MemoryDistributedCache cache = NewCache();
        using IChatClient client = new RetNetChatClient(Models.RetNet).AsBuilder().UseDistributedCache(cache).Build();
        (_, StoredConversation first) = await TurnAsync(client, StoredConversation.Empty, Questions[0], Options());
        (ChatResponse written, _) = await TurnAsync(client, first, Questions[1], Options());

        (ChatResponse cached, StoredConversation second) = await TurnAsync(client, first, Questions[1], Options());

        Assert.Equal(written.Text, cached.Text);
        Assert.Equal(written.ResponseId, cached.ResponseId);
        Assert.True(first.State.Span.SequenceEqual(second.State.Span));
    }

    [Fact]
    public async Task Another_models_conversation_is_refused_unless_it_may_be_read_again()
    {
        using RetNetChatClient client = new(Models.RetNet);
        (_, StoredConversation conversation) = await TurnAsync(client, StoredConversation.Empty, Questions[0], Options());
        using RetNetChatClient other = new(Models.Llama);
        using RetNetChatClient rereads = new(Models.Llama, new() { RereadForeignConversations = true });

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => TurnAsync(other, conversation, Questions[1], Options()));
        (ChatResponse response, StoredConversation after) = await TurnAsync(rereads, conversation, Questions[1], Options());

        Assert.Contains("'retnet-tinystories'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'llama-tinystories'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Models.RetNet.Model.Info.Fingerprint, refused.Message, StringComparison.Ordinal);
        Assert.Contains(Models.Llama.Chat.Fingerprint, refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, response.Usage!.CachedInputTokenCount);
        (ChatResponse next, _) = await TurnAsync(other, after, Questions[2], Options());
        Assert.True(next.Usage!.CachedInputTokenCount > 0);
    }

    [Fact]
    public async Task A_damaged_state_is_refused_wherever_it_is_damaged()
    {
        using RetNetChatClient client = new(Models.RetNet);
        (_, StoredConversation conversation) = await TurnAsync(client, StoredConversation.Empty, Questions[0], Options());
        byte[] state = conversation.State.ToArray();
        Random random = new(14);
        for (int i = 0; i < 40; i++)
        {
            byte[] damaged = i % 2 == 0 ? [.. state] : state[..random.Next(1, state.Length)];
            if (i % 2 == 0)
                damaged[i < 20 ? random.Next(300) : random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
            StoredConversation from = new(1, conversation.Messages, damaged);

            Exception? failure = await Record.ExceptionAsync(() => TurnAsync(client, from, Questions[1], Options()));

            // The names of the model may change without harm; everything else is noticed.
            Assert.True(failure is null or InvalidDataException or InvalidOperationException, failure?.ToString());
            Assert.True(failure is not null || i < 20);
        }
    }

    [Fact]
    public async Task A_state_beyond_the_limit_is_not_kept_and_the_history_is_read_again()
    {
        using RetNetChatClient client = new(Models.RetNet, new() { MaxConversationStateBytes = 10_000 });
        using RetNetChatClient unlimited = new(Models.RetNet);
        (ChatResponse first, StoredConversation small) = await TurnAsync(client, StoredConversation.Empty, Questions[0], Options());
        (_, StoredConversation whole) = await TurnAsync(unlimited, StoredConversation.Empty, Questions[0], Options());

        (ChatResponse second, _) = await TurnAsync(client, small, Questions[1], Options());
        (ChatResponse tooLarge, _) = await TurnAsync(client, whole, Questions[1], Options());
        (ChatResponse expected, _) = await TurnAsync(unlimited, whole, Questions[1], Options());

        Assert.True(small.State.IsEmpty);
        Assert.False(whole.State.IsEmpty);
        Assert.Equal((0, 0), (second.Usage!.CachedInputTokenCount, tooLarge.Usage!.CachedInputTokenCount));
        Assert.Equal(first.Usage!.TotalTokenCount - 1, expected.Usage!.CachedInputTokenCount);
        Assert.Equal((expected.Text, expected.Text), (second.Text, tooLarge.Text));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RetNetChatClient(Models.RetNet, new() { MaxConversationStateBytes = -1 }));
    }

    [Fact]
    public async Task A_turn_that_is_left_keeps_nothing()
    {
        using TextModel model = Load("retnet-tinystories");
        using RetNetChatClient client = new(model);
        (_, StoredConversation before) = await TurnAsync(client, StoredConversation.Empty, Questions[0], Options());
        ConversationTurn turn = new(client, before, [new(ChatRole.User, Questions[1])], Options());

        await foreach (ChatResponseUpdate update in turn)
            break;

        Assert.Throws<InvalidOperationException>(() => turn.After);
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (model.Scheduler.RunningRequests > 0 || model.Scheduler.KeptStateBytes > 0)
            await Task.Delay(5, patience.Token);
        (ChatResponse again, _) = await TurnAsync(client, before, Questions[1], Options());
        Assert.True(again.Usage!.CachedInputTokenCount > 0);
    }

    [Fact]
    public async Task A_client_of_another_kind_gets_its_options_as_they_are_and_has_no_state()
    {
        ChatOptions? seen = null;
        using IChatClient client = new CallbackClient(options => seen = options);
        ChatOptions options = Options();

        (ChatResponse response, StoredConversation conversation) = await TurnAsync(client, StoredConversation.Empty, "hi", options);

        Assert.Same(options, seen);
        Assert.Equal("ok", response.Text);
        Assert.True(conversation.State.IsEmpty);
        Assert.Equal(2, conversation.Messages.Count);
    }

    [Fact]
    public async Task Results_of_functions_read_as_before_after_a_store()
    {
        List<ChatMessage> history =
        [
            new(ChatRole.User, "What is it?"),
            new(ChatRole.Assistant, [new FunctionCallContent("1", "look", new Dictionary<string, object?> { ["n"] = 1.5, ["s"] = "a" })]),
            new(ChatRole.Tool, [new FunctionResultContent("1", "a plain text")]),
            new(ChatRole.Tool, [new FunctionResultContent("1", JsonElement.Parse("\"JSON \\u00fc\""))]),
            new(ChatRole.Tool, [new FunctionResultContent("1", null) { Exception = new InvalidOperationException("It failed.") }]),
            new(ChatRole.Tool, [new FunctionResultContent("1", new[] { 1, 2 })]),
            new(ChatRole.User, "And?"),
        ];
        IReadOnlyList<ChatMessage> stored = StoredConversation.FromBytes(new StoredConversation(1, history).ToBytes()).Messages;
        using RetNetChatClient client = new(Models.ByHeart, new() { MaxConversations = 0 });

        ChatResponse before = await client.GetResponseAsync(history, Options());
        ChatResponse after = await client.GetResponseAsync(stored, Options());

        Assert.Equal(before.Usage!.InputTokenCount, after.Usage!.InputTokenCount);
        Assert.Equal(before.Text, after.Text);
    }

    [Fact]
    public async Task Log_probabilities_are_no_part_of_a_conversation()
    {
        using RetNetChatClient client = new(Models.RetNet);
        ChatOptions options = Options();
        options.AdditionalProperties!["logprobs"] = true;

        (_, StoredConversation conversation) = await TurnAsync(client, StoredConversation.Empty, "hi", options);

        Assert.DoesNotContain("LogProb", Encoding.UTF8.GetString(
            new StoredConversation(1, conversation.Messages).ToBytes()), StringComparison.OrdinalIgnoreCase);
    }

    private static MemoryDistributedCache NewCache() =>
        new(Microsoft.Extensions.Options.Options.Create(new MemoryDistributedCacheOptions()));

    private static TextModel Load(string name) => TextModel.Load(Models.PathOf(name), new ModelLoadOptions { Threads = 1 });

    private static ChatOptions Options(string? policy = null)
    {
        ChatOptions options = new() { Temperature = 0, MaxOutputTokens = 20, AdditionalProperties = [] };
        if (policy is not null)
            (options.AdditionalProperties["policy"], options.AdditionalProperties["state_size"]) = (policy, 16);
        return options;
    }

    private static async Task<(ChatResponse Response, StoredConversation After)> TurnAsync(
        IChatClient client, StoredConversation before, string message, ChatOptions options)
    {
        ConversationTurn turn = new(client, before, [new(ChatRole.User, message)], options);
        ChatResponse response = await turn.ToChatResponseAsync();
        return (response, StoredConversation.FromBytes(turn.After.ToBytes()));
    }

    private sealed class CallbackClient(Action<ChatOptions?> called) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            called(options);
            await Task.Yield();
            yield return new ChatResponseUpdate(ChatRole.Assistant, "ok");
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}

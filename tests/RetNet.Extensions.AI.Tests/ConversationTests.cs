using Microsoft.Extensions.AI;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI.Tests;

public sealed class ConversationTests
{
    private static readonly string[] Turns = ["Tell me a story about a dog.", "And then?", "How did it end?"];

    [Theory]
    [InlineData("retnet-tinystories", 1)]
    [InlineData("llama-tinystories", 1)]
    [InlineData("retnet-tinystories", 1.3)]
    public async Task Turns_by_id_give_the_same_text_as_the_whole_history(string model, double repetitionPenalty)
    {
        using RetNetChatClient remembering = new(Models.Get(model), Remember());
        using RetNetChatClient forgetful = new(Models.Get(model), new RetNetChatClientOptions { MaxConversations = 0 });
        List<ChatMessage> history = [];
        string? id = null;
        long cached = 0;
        foreach (string turn in Turns)
        {
            ChatOptions options = new()
            {
                Temperature = 0,
                MaxOutputTokens = 16,
                AdditionalProperties = new() { ["repetition_penalty"] = repetitionPenalty }
            };
            history.Add(new(ChatRole.User, turn));
            ChatResponse anew = await forgetful.GetResponseAsync(history, options);
            history.AddMessages(anew);
            options.ConversationId = id;
            ChatResponse continued = await remembering.GetResponseAsync(turn, options);
            id = continued.ConversationId;

            Assert.Equal(anew.Text, continued.Text);
            Assert.Equal(anew.Usage!.InputTokenCount, continued.Usage!.InputTokenCount);
            Assert.Equal(0, anew.Usage.CachedInputTokenCount);
            Assert.Null(anew.ConversationId);
            cached += continued.Usage.CachedInputTokenCount!.Value;
        }

        Assert.True(cached > 0);
    }

    [Fact]
    public async Task A_history_sent_whole_reuses_the_state_too()
    {
        using RetNetChatClient client = new(Models.RetNet);
        List<ChatMessage> history = [new(ChatRole.User, Turns[0])];
        ChatResponse first = await client.GetResponseAsync(history, Options());
        history.AddMessages(first);
        history.Add(new(ChatRole.User, Turns[1]));

        ChatResponse second = await client.GetResponseAsync(history, Options());

        // All but the last token of the first answer, which was chosen but not fed.
        Assert.Equal(first.Usage!.TotalTokenCount - 1, second.Usage!.CachedInputTokenCount);
    }

    [Fact]
    public async Task A_conversation_keeps_its_id()
    {
        using RetNetChatClient client = new(Models.RetNet, Remember());
        ChatResponse first = await client.GetResponseAsync(Turns[0], Options());

        ChatResponse second = await client.GetResponseAsync(Turns[1], Options(first.ConversationId));

        Assert.Equal(first.ConversationId, second.ConversationId);
    }

    [Fact]
    public async Task The_least_recently_used_conversation_is_dropped()
    {
        using RetNetChatClient client = new(Models.RetNet, Remember(maxConversations: 2));
        string a = (await client.GetResponseAsync("a", Options())).ConversationId!;
        string b = (await client.GetResponseAsync("b", Options())).ConversationId!;
        await client.GetResponseAsync("again", Options(a));
        await client.GetResponseAsync("c", Options());

        await client.GetResponseAsync("still there", Options(a));
        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(() => client.GetResponseAsync("gone",
            Options(b)));

        Assert.Contains(b, failure.Message, StringComparison.Ordinal);
        Assert.Contains("2 most recently used", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_room_for_states_a_conversation_is_read_anew()
    {
        using TextModel model = TextModel.Load(Models.PathOf("retnet-tinystories"), new ModelLoadOptions { Threads = 1 },
            new BatchSchedulerOptions { KeptStateBytes = 0 });
        using RetNetChatClient client = new(model, Remember());
        ChatResponse first = await client.GetResponseAsync(Turns[0], Options());

        ChatResponse second = await client.GetResponseAsync(Turns[1], Options(first.ConversationId));

        Assert.Equal(0, second.Usage!.CachedInputTokenCount);
        Assert.True(second.Usage.InputTokenCount > first.Usage!.TotalTokenCount);
    }

    [Fact]
    public async Task Another_policy_does_not_reuse_the_state()
    {
        using RetNetChatClient client = new(Models.Llama, Remember());
        ChatOptions Tova(string? id, int size) => new()
        {
            Temperature = 0,
            MaxOutputTokens = 4,
            ConversationId = id,
            AdditionalProperties = new() { ["policy"] = "tova", ["state_size"] = size },
        };
        string id = (await client.GetResponseAsync(Turns[0], Tova(null, 32))).ConversationId!;

        ChatResponse same = await client.GetResponseAsync(Turns[1], Tova(id, 32));
        ChatResponse other = await client.GetResponseAsync(Turns[2], Tova(id, 64));

        Assert.True(same.Usage!.CachedInputTokenCount > 0);
        Assert.Equal(0, other.Usage!.CachedInputTokenCount);
    }

    [Fact]
    public async Task Disposing_the_client_forgets_its_conversations()
    {
        RetNetChatClient client = new(Models.RetNet, Remember());
        string id = (await client.GetResponseAsync("a", Options())).ConversationId!;

        client.Dispose();

        await Assert.ThrowsAsync<InvalidOperationException>(() => client.GetResponseAsync("b", Options(id)));
    }

    [Fact]
    public void Negative_limits_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            "MaxConversations", () => new RetNetChatClient(Models.RetNet, new() { MaxConversations = -1 }));
    }

    [Fact]
    public async Task States_are_released_with_the_client()
    {
        using TextModel model = TextModel.Load(Models.PathOf("retnet-tinystories"), new ModelLoadOptions { Threads = 1 });
        RetNetChatClient client = new(model);
        await client.GetResponseAsync("a", Options());
        Assert.True(model.Scheduler.KeptStateBytes > 0);

        client.Dispose();
        Assert.Equal(0, model.Scheduler.KeptStateBytes);

        await client.GetResponseAsync("b", Options());
        Assert.Equal(0, model.Scheduler.KeptStateBytes);
    }

    [Fact]
    public async Task Without_remembered_conversations_there_is_no_id_and_one_is_refused()
    {
        using RetNetChatClient client = new(Models.RetNet);
        ChatResponse response = await client.GetResponseAsync(Turns[0], Options());

        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.GetResponseAsync(Turns[1], Options("c1")));

        Assert.Null(response.ConversationId);
        Assert.Contains("'c1'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("RememberConversations", failure.Message, StringComparison.Ordinal);
    }

    private static RetNetChatClientOptions Remember(int maxConversations = 256) => new()
    {
        RememberConversations = true,
        MaxConversations = maxConversations,
    };

    private static ChatOptions Options(string? id = null) => new() { Temperature = 0, MaxOutputTokens = 4, ConversationId = id };
}

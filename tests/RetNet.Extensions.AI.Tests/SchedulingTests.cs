using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.AI.Answers;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.AI.Tests;

public sealed class SchedulingTests
{
    [Fact]
    public void A_prompt_that_requests_have_in_common_is_encoded_once()
    {
        ChatOptions options = new();
        options.SharePrompt();
        SharedPrompt prompt = OptionObjects.Find<SharedPrompt>(options.Clone(), "retnet_prompt")!;
        ChatMessage[] messages = [new(ChatRole.User, "hi")];
        AIFunction function = AIFunctionFactory.Create(() => 1, "one");
        int encoded = 0;

        Encode(null, messages);
        Encode(null, [messages[0]]);
        Assert.Equal(1, encoded);
        Encode("Be brief.", messages);
        Encode(null, [new(ChatRole.User, "hi")]);
        Encode(null, messages, function);

        Assert.Equal(4, encoded);
        Assert.Throws<OperationCanceledException>(
            () => prompt.Encode(Parts("Cancelled.", messages), () => ([++encoded], 0), new CancellationToken(canceled: true)));
        Assert.Equal(4, encoded);

        void Encode(string? instructions, ChatMessage[] messages, params AIFunctionDeclaration[] functions) =>
            prompt.Encode(Parts(instructions, messages, functions), () => ([++encoded], 0), CancellationToken.None);

        static SharedPrompt.Parts Parts(string? instructions, ChatMessage[] messages, params AIFunctionDeclaration[] functions) =>
            new(Models.RetNet.Chat, instructions, messages, functions, null);
    }

    [Fact]
    public async Task Places_travel_as_a_text_through_clients_that_copy_options_or_write_them_as_JSON()
    {
        using TextModel model = TextModel.Load(Models.PathOf("retnet-tinystories"), new ModelLoadOptions { Threads = 1 },
            new BatchSchedulerOptions { MaxBatch = 1, MaxQueue = 1 });
        using RetNetChatClient client = new(model);
        ChatOptions options = new() { MaxOutputTokens = 2, AdditionalProperties = new() { ["refuse_when_busy"] = true } };
        Assert.True(model.Scheduler.TryTakePlaces(2, out SchedulerPlaces? places));

        await Assert.ThrowsAsync<QueueFullException>(() => client.GetResponseAsync("hi", options));
        options.UsePlaces(places);

        Assert.All(options.AdditionalProperties.Values, value => Assert.True(value is string or bool));
        Assert.Equal(2, (await client.GetResponseAsync("hi", options.Clone())).Usage!.OutputTokenCount);
        places.Dispose();
    }

    [Theory]
    [InlineData("retnet-tinystories")]
    [InlineData("llama-tinystories")]
    public async Task Concurrent_chats_give_the_texts_that_each_gives_alone(string name)
    {
        using RetNetChatClient client = new(Models.Get(name), new RetNetChatClientOptions { MaxConversations = 0 });
        List<ChatMessage>[] chats = [.. Enumerable.Range(0, 12).Select(Chat)];
        string[] alone = new string[chats.Length];
        for (int i = 0; i < chats.Length; i++)
            alone[i] = (await client.GetResponseAsync(chats[i], Options(i))).Text;

        ChatResponse[] together = await Task.WhenAll(chats.Select((chat, i) => i % 2 == 0
            ? client.GetResponseAsync(chat, Options(i))
            : client.GetStreamingResponseAsync(chat, Options(i)).ToChatResponseAsync()));

        Assert.Equal(alone, together.Select(response => response.Text));
    }

    [Fact]
    public async Task The_state_of_a_system_prompt_is_reused()
    {
        using TextModel model = TextModel.Load(Models.PathOf("llama-tinystories"), new ModelLoadOptions { Threads = 1 });
        using RetNetChatClient client = new(model);

        ChatResponse[] responses = new ChatResponse[3];
        for (int i = 0; i < responses.Length; i++)
            responses[i] = await client.GetResponseAsync(Chat(i), Options(i));

        Assert.Equal(0, responses[0].Usage!.CachedInputTokenCount);
        long system = responses[1].Usage!.CachedInputTokenCount!.Value;
        Assert.InRange(system, 10, responses[1].Usage!.InputTokenCount!.Value - 5);
        Assert.Equal(system, responses[2].Usage!.CachedInputTokenCount);
        using RetNetChatClient other = new(Models.Llama);
        Assert.Equal((await other.GetResponseAsync(Chat(2), Options(2))).Text, responses[2].Text);
    }

    [Fact]
    public async Task Clients_of_a_model_share_its_scheduler()
    {
        IServiceCollection registered = new ServiceCollection()
            .AddRetNet("story", options => (options.ModelPath, options.StateBudgetMegabytes) = (Models.PathOf("llama-tinystories"), 1));
        registered.AddRetNetChatClient("story", serviceId: "a");
        registered.AddRetNetChatClient("story", serviceId: "b");
        await using ServiceProvider services = registered.BuildServiceProvider();
        SharedModel[] models = [.. new[] { "a", "b" }.Select(id => services.GetRequiredKeyedService<IChatClient>(id)
            .GetRequiredService<SharedModel>())];

        Assert.Same((await models[0].GetAsync()).TextModel.Scheduler, (await models[1].GetAsync()).TextModel.Scheduler);
        StateBudgetException failure = await Assert.ThrowsAsync<StateBudgetException>(
            () => services.GetRequiredKeyedService<IChatClient>("a").GetResponseAsync("hi", new ChatOptions { MaxOutputTokens = 5000 }));
        Assert.Contains("is 1048576", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_may_be_refused_instead_of_waiting_for_a_place_in_the_queue()
    {
        using TextModel model = TextModel.Load(Models.PathOf("llama-tinystories"), new ModelLoadOptions { Threads = 1 },
            new BatchSchedulerOptions { MaxBatch = 1, MaxQueue = 1 });
        using RetNetChatClient client = new(model);
        using PacedPolicy pace = new();
        ChatOptions paced = new() { MaxOutputTokens = 100, RawRepresentationFactory = _ => pace.Options };
        ChatOptions impatient = new() { MaxOutputTokens = 2, AdditionalProperties = new() { ["refuse_when_busy"] = true } };
        Task<ChatResponse> running = client.GetResponseAsync("hi", paced);
        await Until(() => model.Scheduler.RunningRequests == 1);
        Task<ChatResponse> queued = client.GetResponseAsync("hi", new ChatOptions { MaxOutputTokens = 2 });
        await Until(() => model.Scheduler.QueuedRequests == 1);

        QueueFullException refused = await Assert.ThrowsAsync<QueueFullException>(() => client.GetResponseAsync("hi", impatient));
        await Assert.ThrowsAsync<QueueFullException>(async () => await client.ContinueTextAsync("hi", impatient).ToChatResponseAsync());

        Assert.Equal(1, refused.QueuedRequests);
        pace.Dispose();
        await Task.WhenAll(running, queued);
        Assert.Equal(2, (await client.GetResponseAsync("hi", impatient)).Usage!.OutputTokenCount);
    }

    private static async Task Until(Func<bool> condition)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (!condition())
            await Task.Delay(5, patience.Token);
    }

    private static List<ChatMessage> Chat(int i) =>
        [new(
            ChatRole.System, "You tell stories to small children, with short words "
                + "only."), new(ChatRole.User, $"Tell me a story about {i} cats.")];

    private static ChatOptions Options(int i) => new() { MaxOutputTokens = 10 + i, Seed = i };
}

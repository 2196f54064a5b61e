using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.AI;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Core;
using RetNet.Extensions.Orleans.Conversations;

namespace RetNet.Extensions.Orleans.Tests;

/// <summary>Conversations with models, through a cluster.</summary>
public sealed class ModelTests
{
    [Fact]
    public async Task A_story_is_that_of_the_model_itself()
    {
        using TextModel model = Models.Load("retnet-tinystories");
        using IChatClient client = Models.Client(model);
        await using SiloHost silo = await SiloHost.StartAsync(client);
        ChatOptions options = new() { Temperature = 0.8f, Seed = 3, MaxOutputTokens = 30 };

        ChatResponse expected = await client.GetResponseAsync("Tell me a story.", options);
        ChatResponse told = await silo.Client.GetResponseAsync("Tell me a story.", options);

        Assert.Equal(expected.Text, told.Text);
        Assert.Equal(expected.FinishReason, told.FinishReason);
        Assert.Equal(expected.Usage?.OutputTokenCount, told.Usage?.OutputTokenCount);
    }

    [Fact]
    public async Task Log_probabilities_travel_and_the_state_is_kept()
    {
        using TextModel model = Models.Load("retnet-tinystories");
        using IChatClient client = Models.Client(model);
        await using SiloHost silo = await SiloHost.StartAsync(client);
        ChatOptions options = new()
        {
            Temperature = 0,
            MaxOutputTokens = 5,
            AdditionalProperties = new() { ["logprobs"] = true, ["top_logprobs"] = 2, ["include_state"] = true },
        };

        List<ChatResponseUpdate> expected = await client.GetStreamingResponseAsync("Tell me a story.", options).ToListAsync();
        options.ConversationId = "c";
        List<ChatResponseUpdate> told = await silo.Client.GetStreamingResponseAsync("Tell me a story.", options).ToListAsync();
        options.ConversationId = null;
        ChatResponse whole = await silo.Client.GetResponseAsync("Tell me a story.", options);

        Assert.Equal(
            LogProbs(expected).Select(token => (token.Token, token.LogProb)), LogProbs(told).Select(token => (token.Token, token.LogProb)));
        Assert.NotEmpty(LogProbs(told));
        Assert.Equal(
            LogProbs(expected).Select(token => token.Id),
            Assert.IsType<List<TokenLogProbs>>(whole.AdditionalProperties!["logprobs"]).Select(token => token.Id));
        Assert.NotNull(State(told));
        Assert.Equal(State(expected), State(told));
        StoredConversation kept = await silo.Cluster.GetGrain<IConversationGrain>("c").ReadAsync();
        Assert.InRange(kept.State.Length, model.Model.StateBytes(null, 1), model.Model.StateBytes(null, 1) + 10_000);

        static StateProgress? State(IEnumerable<ChatResponseUpdate> updates) =>
            updates.Last().AdditionalProperties?.GetValueOrDefault("state") as StateProgress;

        static IEnumerable<TokenLogProbs> LogProbs(IEnumerable<ChatResponseUpdate> updates) => updates.SelectMany(
            update => update.AdditionalProperties?.GetValueOrDefault("logprobs") as IReadOnlyList<TokenLogProbs> ?? []);
    }

    [Fact]
    public async Task Functions_are_invoked_where_the_client_is()
    {
        using TextModel model = Models.Load("calls-by-heart");
        using IChatClient client = Models.Client(model);
        await using SiloHost silo = await SiloHost.StartAsync(client, (host, _) =>
            host.Services.AddRetNetClusterChatClient().UseFunctionInvocation());
        List<string> asked = [];
        AIFunction weather = AIFunctionFactory.Create(
            (string city) =>
            {
                asked.Add(city);
                return city == "Paris" ? "sunny" : "rainy";
            },
            "get_weather", "Tells the weather of a city.");

        ChatResponse first = await silo.Client.GetResponseAsync("What is the weather in Paris?", new() { Tools = [weather] });
        ChatResponse second = await silo.Client.GetResponseAsync(
            "And in Rome?", new() { Tools = [weather], ConversationId = first.ConversationId });

        Assert.Equal("It is sunny in Paris.", first.Text);
        Assert.Equal("It is rainy in Rome.", second.Text);
        Assert.Equal(["Paris", "Rome"], asked);
    }
}

using System.ClientModel;
using System.ComponentModel;
using Microsoft.Extensions.AI;
using OpenAI.Responses;

namespace RetNet.Extensions.AspNetCore.Tests.Clients;

/// <summary>Microsoft.Extensions.AI.OpenAI: chats over <c>/chat/completions</c> and over <c>/responses</c>.</summary>
[Collection(ModelServerCollection.Name)]
public sealed class ExtensionsAITests(ModelServer server)
{
    private sealed record Person(string Name, int Age);

    private IChatClient Client(string api, string model) => api == "chat"
        ? server.OpenAI.GetChatClient(model).AsIChatClient()
        : server.Responses.AsIChatClient(model);

    [Theory]
    [InlineData("chat")]
    [InlineData("responses")]
    public async Task Stream_has_the_text_of_the_answer(string api)
    {
        using IChatClient client = Client(api, ModelServer.Stories);
        ChatOptions options = new() { Temperature = 0, MaxOutputTokens = 16 };

        ChatResponse whole = await client.GetResponseAsync("Tell me a story about a dog.", options);
        ChatResponse streamed = await client.GetStreamingResponseAsync("Tell me a story about a dog.", options).ToChatResponseAsync();

        Assert.NotEmpty(whole.Text);
        Assert.Equal(whole.Text, streamed.Text);
        Assert.Equal(ChatFinishReason.Length, whole.FinishReason);
        Assert.Equal(16, whole.Usage!.OutputTokenCount);
        Assert.Equal(ModelServer.Stories, whole.ModelId);
    }

    [Theory]
    [InlineData("chat", false)]
    [InlineData("chat", true)]
    [InlineData("responses", false)]
    [InlineData("responses", true)]
    public async Task Functions_are_invoked(string api, bool streamed)
    {
        List<string> asked = [];
        AIFunction price = AIFunctionFactory.Create(
            ([Description("The thing.")] string item) =>
            {
                asked.Add(item);
                return "42 euros";
            },
            "get_price", "Tells what a thing costs.");
        using IChatClient client = Client(api, ModelServer.Calls).AsBuilder().UseFunctionInvocation().Build();
        ChatOptions options = new() { Temperature = 0, MaxOutputTokens = 80, Tools = [price] };

        ChatResponse answer = streamed
            ? await client.GetStreamingResponseAsync("What does a red lamp cost?", options).ToChatResponseAsync()
            : await client.GetResponseAsync("What does a red lamp cost?", options);

        Assert.Single(asked);
        Assert.Contains("42 euros", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chat")]
    [InlineData("responses")]
    public async Task Answer_is_an_object(string api)
    {
        using IChatClient client = Client(api, ModelServer.Calls);

        ChatResponse<Person> answer = await client.GetResponseAsync<Person>(
            "Write as JSON: Maria is 20 years old and lives in Lisbon.", new ChatOptions { Temperature = 0, MaxOutputTokens = 80 });

        Assert.True(answer.TryGetResult(out Person? person));
        Assert.NotNull(person.Name);
    }

    [Fact]
    public async Task Response_that_takes_too_long_says_so()
    {
        await using TestHost host = await TestHost.StartAsync(
            new ScriptedClient("slow") { Answer = (_, _, cancellation) => ScriptedClient.Endless(new(), cancellation) },
            options => options.RequestTimeout = TimeSpan.FromMilliseconds(500));
        ResponsesClient responses = new(
            new ApiKeyCredential("none"), new ResponsesClientOptions { Endpoint = new Uri(host.Address, "v1") });
        using IChatClient client = responses.AsIChatClient("slow");

        ChatResponse answer = await client.GetStreamingResponseAsync("a").ToChatResponseAsync();

        Assert.StartsWith("on and ", answer.Text, StringComparison.Ordinal);
        Assert.Contains(answer.Messages.SelectMany(message => message.Contents).OfType<ErrorContent>(),
            error => error.Message.Contains("longer than the 0.5 seconds", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Conversation_goes_on_by_its_id()
    {
        using IChatClient client = Client("responses", ModelServer.Stories);
        ChatOptions options = new() { Temperature = 0, MaxOutputTokens = 16 };
        ChatResponse first = await client.GetResponseAsync("Tell me a story about a dog.", options);

        ChatResponse second = await client.GetStreamingResponseAsync("What is his name?", new ChatOptions
        {
            Temperature = 0,
            MaxOutputTokens = 16,
            ConversationId = first.ConversationId,
        }).ToChatResponseAsync();

        Assert.NotNull(first.ConversationId);
        Assert.NotEqual(first.ConversationId, second.ConversationId);
        ChatResponse whole = await client.GetResponseAsync(
            [
                new ChatMessage(ChatRole.User, "Tell me a story about a dog."),
                new ChatMessage(ChatRole.Assistant, first.Text),
                new ChatMessage(ChatRole.User, "What is his name?"),
            ], options);
        Assert.Equal(whole.Text, second.Text);
    }
}

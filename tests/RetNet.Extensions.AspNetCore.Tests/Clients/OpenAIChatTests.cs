using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;

namespace RetNet.Extensions.AspNetCore.Tests.Clients;

/// <summary>OpenAI's client for .NET: chats and models.</summary>
[Collection(ModelServerCollection.Name)]
public sealed class OpenAIChatTests(ModelServer server)
{
    private static readonly ChatTool Price = ChatTool.CreateFunctionTool(
        "get_price", "Tells what a thing costs.",
        BinaryData.FromString("""{"type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"]}"""));

    [Fact]
    public async Task Chat_has_text_usage_and_reason()
    {
        ChatCompletion answer = await server.OpenAI.GetChatClient(ModelServer.Stories).CompleteChatAsync(
            [new UserChatMessage("Tell me a story about a dog.")], new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 12 });

        Assert.NotEmpty(answer.Content.Single().Text);
        Assert.Equal(ChatFinishReason.Length, answer.FinishReason);
        Assert.Equal(ModelServer.Stories, answer.Model);
        Assert.StartsWith("chatcmpl-", answer.Id, StringComparison.Ordinal);
        Assert.Equal(12, answer.Usage.OutputTokenCount);
        Assert.True(answer.Usage.InputTokenCount > 0);
        Assert.Equal(answer.Usage.InputTokenCount + 12, answer.Usage.TotalTokenCount);
    }

    [Fact]
    public async Task Stream_has_the_same_text_and_ends_with_the_usage()
    {
        ChatClient client = server.OpenAI.GetChatClient(ModelServer.Stories);
        ChatMessage[] messages = [new UserChatMessage("Tell me a story about a cat.")];
        ChatCompletionOptions options = new() { Temperature = 0, MaxOutputTokenCount = 20 };
        ChatCompletion whole = await client.CompleteChatAsync(messages, options);

        StringBuilder text = new();
        List<StreamingChatCompletionUpdate> updates = [];
        await foreach (StreamingChatCompletionUpdate update in client.CompleteChatStreamingAsync(messages, options))
        {
            updates.Add(update);
            foreach (ChatMessageContentPart part in update.ContentUpdate)
                text.Append(part.Text);
        }

        Assert.Equal(whole.Content.Single().Text, text.ToString());
        Assert.True(updates.Count > 3, $"{updates.Count} updates");
        Assert.Single(updates.Select(update => update.CompletionId).Distinct());
        Assert.Equal(whole.FinishReason, updates.Last(update => update.FinishReason is not null).FinishReason);
        Assert.Equal(whole.Usage.TotalTokenCount, updates[^1].Usage.TotalTokenCount);
    }

    [Fact]
    public async Task Tool_is_called_and_its_result_told()
    {
        ChatClient client = server.OpenAI.GetChatClient(ModelServer.Calls);
        List<ChatMessage> messages = [new UserChatMessage("What does a red lamp cost?")];
        ChatCompletionOptions options = new() { Temperature = 0, MaxOutputTokenCount = 80, Tools = { Price } };

        ChatCompletion call = await client.CompleteChatAsync(messages, options);

        Assert.Equal(ChatFinishReason.ToolCalls, call.FinishReason);
        ChatToolCall tool = call.ToolCalls.Single();
        Assert.Equal("get_price", tool.FunctionName);
        using JsonDocument arguments = JsonDocument.Parse(tool.FunctionArguments);
        Assert.NotEmpty(arguments.RootElement.GetProperty("item").GetString()!);
        messages.Add(new AssistantChatMessage(call));
        messages.Add(new ToolChatMessage(tool.Id, "42 euros"));
        ChatCompletion answer = await client.CompleteChatAsync(messages, options);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Contains("42 euros", answer.Content.Single().Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tool_call_can_be_streamed()
    {
        StringBuilder arguments = new();
        string? name = null;
        ChatFinishReason? reason = null;
        await foreach (StreamingChatCompletionUpdate update in server.OpenAI.GetChatClient(ModelServer.Calls).CompleteChatStreamingAsync(
            [new UserChatMessage("What does a red lamp cost?")],
            new ChatCompletionOptions
            {
                Temperature = 0,
                MaxOutputTokenCount = 80,
                Tools = { Price },
                ToolChoice = ChatToolChoice.CreateFunctionChoice("get_price"),
                AllowParallelToolCalls = false,
            }))
        {
            foreach (StreamingChatToolCallUpdate call in update.ToolCallUpdates)
            {
                name ??= call.FunctionName;
                arguments.Append(call.FunctionArgumentsUpdate);
            }

            reason = update.FinishReason ?? reason;
        }

        Assert.Equal("get_price", name);
        Assert.Equal(ChatFinishReason.ToolCalls, reason);
        Assert.True(JsonElement.Parse(arguments.ToString()).TryGetProperty("item", out _));
    }

    [Fact]
    public async Task Request_over_time_is_repeated_unless_the_policy_says_otherwise()
    {
        ScriptedClient slow = new("slow") { Answer = (_, _, cancellation) => ScriptedClient.Endless(new(), cancellation) };
        await using TestHost host = await TestHost.StartAsync(slow, options => options.RequestTimeout = TimeSpan.FromMilliseconds(200));

        // Unlike the one for Node.js, this client does not know x-should-retry.
        foreach (int repeats in (int[])[1, 0])
        {
            OpenAIClient client = new(new ApiKeyCredential("none"), new OpenAIClientOptions
            {
                Endpoint = new Uri(host.Address, "v1"),
                RetryPolicy = new ClientRetryPolicy(repeats),
            });
            slow.Requests.Clear();

            ClientResultException failure = await Assert.ThrowsAsync<ClientResultException>(
                () => client.GetChatClient("slow").CompleteChatAsync(new UserChatMessage("a")));

            Assert.Equal(408, failure.Status);
            Assert.Equal(1 + repeats, slow.Requests.Count);
        }
    }

    [Fact]
    public async Task Log_probabilities_are_those_of_the_content()
    {
        ChatClient stories = server.OpenAI.GetChatClient(ModelServer.Stories);
        ChatMessage[] messages = [new UserChatMessage("Tell me a story about a dog.")];
        string whole = (await stories.CompleteChatAsync(messages, Options())).Value.Content[0].Text;
        ChatCompletionOptions stopped = Options();
        stopped.StopSequences.Add(whole[20..24]);
        ChatCompletionOptions calling = Options();
        calling.Tools.Add(Price);

        ChatCompletion cut = await stories.CompleteChatAsync(messages, stopped);
        ChatCompletion call = await server.OpenAI.GetChatClient(ModelServer.Calls).CompleteChatAsync(
            [new UserChatMessage("What does a red lamp cost?")], calling);

        string text = cut.Content[0].Text;
        string[] tokens = [.. cut.ContentTokenLogProbabilities.Select(token => token.Token)];
        Assert.StartsWith(text, string.Concat(tokens).TrimStart(), StringComparison.Ordinal);
        Assert.True(string.Concat(tokens[..^1]).TrimStart().Length < text.Length);
        Assert.Single(call.ToolCalls);
        Assert.Empty(call.ContentTokenLogProbabilities);

        static ChatCompletionOptions Options() => new() { Temperature = 0, MaxOutputTokenCount = 60, IncludeLogProbabilities = true };
    }

    [Fact]
    public async Task Answer_keeps_to_a_schema()
    {
        ChatCompletion answer = await server.OpenAI.GetChatClient(ModelServer.Calls).CompleteChatAsync(
            [new UserChatMessage("Write as JSON: Maria is 20 years old and lives in Lisbon.")],
            new ChatCompletionOptions
            {
                Temperature = 0,
                MaxOutputTokenCount = 80,
                ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("person", BinaryData.FromString(
                    """
                    {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
                     "required": ["name", "age"], "additionalProperties": false}
                    """), jsonSchemaIsStrict: true),
            });

        JsonElement person = JsonElement.Parse(answer.Content.Single().Text);
        Assert.Equal(["name", "age"], person.EnumerateObject().Select(member => member.Name));
        Assert.Equal(JsonValueKind.Number, person.GetProperty("age").ValueKind);
    }

    [Fact]
    public async Task Tokens_have_log_probabilities()
    {
        ChatCompletion answer = await server.OpenAI.GetChatClient(ModelServer.Stories).CompleteChatAsync(
            [new UserChatMessage("Tell me a story about a dog.")],
            new ChatCompletionOptions
            {
                Temperature = 0,
                MaxOutputTokenCount = 8,
                IncludeLogProbabilities = true,
                TopLogProbabilityCount = 3,
            });

        Assert.Equal(8, answer.ContentTokenLogProbabilities.Count);
        Assert.Equal(answer.Content.Single().Text, string.Concat(answer.ContentTokenLogProbabilities.Select(token => token.Token)));
        Assert.All(answer.ContentTokenLogProbabilities, token =>
        {
            Assert.True(token.LogProbability <= 0);
            Assert.Equal(3, token.TopLogProbabilities.Count);

            // At temperature 0 the most probable token is taken.
            Assert.Equal(token.Token, token.TopLogProbabilities[0].Token);
            Assert.Equal(token.LogProbability, token.TopLogProbabilities[0].LogProbability);
        });
    }

    [Fact]
    public async Task Unknown_model_is_404()
    {
        ClientResultException error = await Assert.ThrowsAsync<ClientResultException>(async () =>
            await server.OpenAI.GetChatClient("gpt-none").CompleteChatAsync([new UserChatMessage("Hello.")]));

        Assert.Equal(404, error.Status);
        Assert.Contains("gpt-none", error.Message, StringComparison.Ordinal);
        Assert.Contains("model_not_found", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_option_is_400_for_streams_too()
    {
        ChatCompletionOptions options = new() { Temperature = -1 };
        ClientResultException error = await Assert.ThrowsAsync<ClientResultException>(async () =>
        {
            await foreach (StreamingChatCompletionUpdate _ in server.OpenAI.GetChatClient(ModelServer.Stories)
                .CompleteChatStreamingAsync([new UserChatMessage("Hello.")], options))
            {
                // Not reached.
            }
        });

        Assert.Equal(400, error.Status);
        Assert.Contains("temperature", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_can_be_cancelled()
    {
        using CancellationTokenSource cancelled = new();
        int updates = 0;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (StreamingChatCompletionUpdate _ in server.OpenAI.GetChatClient(ModelServer.Stories).CompleteChatStreamingAsync(
                [new UserChatMessage("Tell me a story.")], new ChatCompletionOptions { MaxOutputTokenCount = 30_000 }, cancelled.Token))
            {
                if (++updates == 3)
                    await cancelled.CancelAsync();
            }
        });

        Assert.Equal(3, updates);
    }

    [Fact]
    public async Task Models_are_listed()
    {
        OpenAIModelClient client = server.OpenAI.GetOpenAIModelClient();
        OpenAIModelCollection models = await client.GetModelsAsync();
        OpenAIModel model = await client.GetModelAsync(ModelServer.Calls);

        Assert.Equal([ModelServer.Calls, ModelServer.Stories], models.Select(listed => listed.Id).Order(StringComparer.Ordinal));
        Assert.Equal(ModelServer.Calls, model.Id);
        Assert.Equal("retnet", model.OwnedBy);
    }
}

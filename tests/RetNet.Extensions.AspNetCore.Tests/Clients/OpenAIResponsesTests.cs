using System.ClientModel;
using System.Text;
using System.Text.Json;
using OpenAI.Responses;

namespace RetNet.Extensions.AspNetCore.Tests.Clients;

/// <summary>OpenAI's client for .NET: responses.</summary>
[Collection(ModelServerCollection.Name)]
public sealed class OpenAIResponsesTests(ModelServer server)
{
    private static readonly FunctionTool Price = new(
        "get_price", BinaryData.FromString("""{"type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"]}"""),
        strictModeEnabled: false)
    {
        FunctionDescription = "Tells what a thing costs.",
    };

    private static CreateResponseOptions Story(string prompt, int tokens = 16) => new(
        ModelServer.Stories, [ResponseItem.CreateUserMessageItem(prompt)])
    {
        Temperature = 0,
        MaxOutputTokenCount = tokens,
    };

    [Fact]
    public async Task Response_has_text_usage_and_what_was_asked()
    {
        CreateResponseOptions options = Story("Tell me a story about a dog.", tokens: 12);
        options.Instructions = "Be brief.";
        options.Metadata["topic"] = "dogs";

        ResponseResult response = await server.Responses.CreateResponseAsync(options);

        Assert.NotEmpty(response.GetOutputText());
        Assert.Equal(ResponseStatus.Incomplete, response.Status);
        Assert.Equal(ResponseIncompleteStatusReason.MaxOutputTokens, response.IncompleteStatusDetails.Reason);
        Assert.Equal(12, response.Usage.OutputTokenCount);
        Assert.Equal(response.Usage.InputTokenCount + 12, response.Usage.TotalTokenCount);
        Assert.Equal((ModelServer.Stories, 12, "dogs"), (response.Model, response.MaxOutputTokenCount, response.Metadata["topic"]));
        Assert.Null(response.Error);
        MessageResponseItem message = Assert.IsAssignableFrom<MessageResponseItem>(response.OutputItems.Single());
        Assert.Equal((MessageRole.Assistant, MessageStatus.Incomplete), (message.Role, message.Status));
    }

    [Fact]
    public async Task Stream_tells_the_same_text_in_the_order_of_the_api()
    {
        CreateResponseOptions options = Story("Tell me a story about a cat.");
        ResponseResult whole = await server.Responses.CreateResponseAsync(options);
        options.StreamingEnabled = true;
        StringBuilder text = new();
        List<StreamingResponseUpdate> updates = [];
        await foreach (StreamingResponseUpdate update in server.Responses.CreateResponseStreamingAsync(options))
        {
            updates.Add(update);
            if (update is StreamingResponseOutputTextDeltaUpdate delta)
                text.Append(delta.Delta);
        }

        Assert.Equal(whole.GetOutputText(), text.ToString());
        Assert.Equal(Enumerable.Range(0, updates.Count), updates.Select(update => update.SequenceNumber));
        Assert.Equal(
            [
                typeof(StreamingResponseCreatedUpdate), typeof(StreamingResponseInProgressUpdate),
                typeof(StreamingResponseOutputItemAddedUpdate), typeof(StreamingResponseContentPartAddedUpdate),
                typeof(StreamingResponseOutputTextDeltaUpdate), typeof(StreamingResponseOutputTextDoneUpdate),
                typeof(StreamingResponseContentPartDoneUpdate), typeof(StreamingResponseOutputItemDoneUpdate),
                typeof(StreamingResponseIncompleteUpdate),
            ],
            updates.Select(update => update.GetType()).Distinct());
        ResponseResult end = ((StreamingResponseIncompleteUpdate)updates[^1]).Response;
        Assert.Equal(text.ToString(), end.GetOutputText());
        Assert.Equal(whole.Usage.TotalTokenCount, end.Usage.TotalTokenCount);
        Assert.Equal(((StreamingResponseCreatedUpdate)updates[0]).Response.Id, end.Id);
    }

    [Fact]
    public async Task Conversation_goes_on_from_any_response_without_reading_it_again()
    {
        ResponsesClient client = server.Responses;
        ResponseResult first = await client.CreateResponseAsync(Story("Tell me a story about a dog."));
        CreateResponseOptions next = Story("What is his name?");
        next.PreviousResponseId = first.Id;

        ResponseResult second = await client.CreateResponseAsync(next);
        ResponseResult again = await client.CreateResponseAsync(next);

        Assert.Equal(first.Id, second.PreviousResponseId);
        Assert.True(second.Usage.InputTokenCount > first.Usage.TotalTokenCount);
        Assert.True(second.Usage.InputTokenDetails.CachedTokenCount >= first.Usage.InputTokenCount);
        Assert.Equal(second.GetOutputText(), again.GetOutputText());
        Assert.NotEqual(second.Id, again.Id);
        ResponseResult whole = await client.CreateResponseAsync(new CreateResponseOptions(ModelServer.Stories,
            [
                ResponseItem.CreateUserMessageItem("Tell me a story about a dog."),
                ResponseItem.CreateAssistantMessageItem(first.GetOutputText()),
                ResponseItem.CreateUserMessageItem("What is his name?"),
            ])
        {
            Temperature = 0,
            MaxOutputTokenCount = 16,
        });
        Assert.Equal(whole.GetOutputText(), second.GetOutputText());
    }

    [Fact]
    public async Task History_that_the_client_sends_again_is_not_read_again()
    {
        ResponsesClient client = server.Responses;
        List<ResponseItem> items = [ResponseItem.CreateUserMessageItem("Tell me a story about a rabbit.")];
        ResponseResult first = await client.CreateResponseAsync(Options());
        items.AddRange(first.OutputItems);
        items.Add(ResponseItem.CreateUserMessageItem("What is his name?"));

        ResponseResult second = await client.CreateResponseAsync(Options());

        Assert.True(second.Usage.InputTokenDetails.CachedTokenCount >= first.Usage.TotalTokenCount - 1);

        CreateResponseOptions Options() => new(ModelServer.Stories, items)
        {
            Temperature = 0,
            MaxOutputTokenCount = 16,
            StoredOutputEnabled = false,
        };
    }

    [Fact]
    public async Task Tool_is_called_and_its_result_told()
    {
        ResponsesClient client = server.Responses;
        CreateResponseOptions ask = new(ModelServer.Calls, [ResponseItem.CreateUserMessageItem("What does a red lamp cost?")])
        {
            Temperature = 0,
            MaxOutputTokenCount = 80,
            Tools = { Price },
        };
        ResponseResult response = await client.CreateResponseAsync(ask);

        FunctionCallResponseItem call = Assert.IsType<FunctionCallResponseItem>(response.OutputItems.Single());
        Assert.Equal("get_price", call.FunctionName);
        Assert.NotEmpty(JsonElement.Parse(call.FunctionArguments.ToString()).GetProperty("item").GetString()!);
        Assert.Equal(ResponseStatus.Completed, response.Status);

        // What the service has kept, and what the client sends again, are the same conversation.
        CreateResponseOptions kept = new(ModelServer.Calls, [ResponseItem.CreateFunctionCallOutputItem(call.CallId, "42 euros")])
        {
            Temperature = 0,
            MaxOutputTokenCount = 80,
            Tools = { Price },
            PreviousResponseId = response.Id,
        };
        CreateResponseOptions sent = new(ModelServer.Calls, [.. ask.InputItems, call, kept.InputItems[0]])
        {
            Temperature = 0,
            MaxOutputTokenCount = 80,
            Tools = { Price },
            StoredOutputEnabled = false,
        };
        ResponseResult answer = await client.CreateResponseAsync(kept);
        Assert.Contains("42 euros", answer.GetOutputText(), StringComparison.Ordinal);
        Assert.Equal(answer.GetOutputText(), (await client.CreateResponseAsync(sent)).Value.GetOutputText());
    }

    [Fact]
    public async Task Tool_call_can_be_streamed()
    {
        CreateResponseOptions options = new(ModelServer.Calls, [ResponseItem.CreateUserMessageItem("What does a red lamp cost?")])
        {
            Temperature = 0,
            MaxOutputTokenCount = 80,
            Tools = { Price },
            ToolChoice = ResponseToolChoice.CreateFunctionChoice("get_price"),
            ParallelToolCallsEnabled = false,
            StreamingEnabled = true,
        };
        StringBuilder arguments = new();
        FunctionCallResponseItem? call = null;
        string? done = null;
        await foreach (StreamingResponseUpdate update in server.Responses.CreateResponseStreamingAsync(options))
        {
            if (update is StreamingResponseFunctionCallArgumentsDeltaUpdate delta)
                arguments.Append(delta.Delta.ToString());
            if (update is StreamingResponseFunctionCallArgumentsDoneUpdate whole)
                done = whole.FunctionArguments.ToString();
            if (update is StreamingResponseOutputItemDoneUpdate { Item: FunctionCallResponseItem item })
                call = item;
        }

        Assert.NotNull(call);
        Assert.Equal((arguments.ToString(), arguments.ToString()), (done, call.FunctionArguments.ToString()));
    }

    [Fact]
    public async Task Answer_keeps_to_a_schema()
    {
        ResponseResult response = await server.Responses.CreateResponseAsync(new CreateResponseOptions(ModelServer.Calls,
            [ResponseItem.CreateUserMessageItem("Write as JSON: Maria is 20 years old and lives in Lisbon.")])
        {
            Temperature = 0,
            MaxOutputTokenCount = 80,
            TextOptions = new ResponseTextOptions
            {
                TextFormat = ResponseTextFormat.CreateJsonSchemaFormat("person", BinaryData.FromString(
                    """
                    {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
                     "required": ["name", "age"], "additionalProperties": false}
                    """), jsonSchemaIsStrict: true),
            },
        });

        Assert.Equal(
            ["name", "age"], JsonElement.Parse(response.GetOutputText()).EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task Kept_response_is_told_listed_and_deleted()
    {
        ResponsesClient client = server.Responses;
        ResponseResult created = await client.CreateResponseAsync(Story("Tell me a story about a bird."));

        ResponseResult kept = await client.GetResponseAsync(created.Id);
        Assert.Equal((created.Id, created.GetOutputText()), (kept.Id, kept.GetOutputText()));
        List<ResponseItem> items = [];
        await foreach (ResponseItem item in client.GetResponseInputItemsAsync(created.Id))
            items.Add(item);
        MessageResponseItem message = Assert.IsAssignableFrom<MessageResponseItem>(items.Single());
        Assert.Equal((MessageRole.User, "Tell me a story about a bird."), (message.Role, message.Content.Single().Text));

        ResponseDeletionResult deletion = await client.DeleteResponseAsync(created.Id);
        Assert.True(deletion.Deleted);
        ClientResultException error = await Assert.ThrowsAsync<ClientResultException>(() => client.GetResponseAsync(created.Id));
        Assert.Equal(404, error.Status);
    }

    [Fact]
    public async Task Response_that_is_not_kept_cannot_go_on()
    {
        ResponsesClient client = server.Responses;
        CreateResponseOptions options = Story("Tell me a story about a bird.");
        options.StoredOutputEnabled = false;
        ResponseResult created = await client.CreateResponseAsync(options);
        CreateResponseOptions next = Story("And then?");
        next.PreviousResponseId = created.Id;

        ClientResultException error = await Assert.ThrowsAsync<ClientResultException>(() => client.CreateResponseAsync(next));

        Assert.Equal(404, error.Status);
        Assert.Contains("previous_response_not_found", error.Message, StringComparison.Ordinal);
        Assert.Contains("previous_response_id", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Background_is_refused()
    {
        CreateResponseOptions options = Story("Tell me a story.");
        options.BackgroundModeEnabled = true;

        ClientResultException error = await Assert.ThrowsAsync<ClientResultException>(() => server.Responses.CreateResponseAsync(options));

        Assert.Equal(400, error.Status);
        Assert.Contains("'background'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_can_be_cancelled()
    {
        using CancellationTokenSource cancelled = new();
        CreateResponseOptions options = Story("Tell me a story.", tokens: 30_000);
        options.StreamingEnabled = true;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (StreamingResponseUpdate update in server.Responses.CreateResponseStreamingAsync(options, cancelled.Token))
            {
                if (update is StreamingResponseOutputTextDeltaUpdate)
                    await cancelled.CancelAsync();
            }
        });
    }
}

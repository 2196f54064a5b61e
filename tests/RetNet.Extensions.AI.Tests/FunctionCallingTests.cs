using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Tests;

public sealed class FunctionCallingTests : IDisposable
{
    private readonly ScriptedModel _model = new();
    private readonly RetNetChatClient _client;

    public FunctionCallingTests() => _client = new RetNetChatClient(_model.Model, new() { RememberConversations = true });

    public void Dispose()
    {
        _client.Dispose();
        _model.Dispose();
    }

    [Fact]
    public async Task A_model_calls_a_function_and_answers_with_its_result()
    {
        List<ChatMessage> history = [new(ChatRole.User, "What time is it?")];

        ChatResponse asked = await _client.GetResponseAsync(history, Options());
        FunctionCallContent call = Assert.IsType<FunctionCallContent>(Assert.Single(Assert.Single(asked.Messages).Contents));
        history.AddMessages(asked);
        history.Add(new(ChatRole.Tool, [new FunctionResultContent(call.CallId, "noon")]));
        ChatResponse answered = await _client.GetResponseAsync(history, Options());

        Assert.Equal(ChatFinishReason.ToolCalls, asked.FinishReason);
        Assert.Equal("clock", call.Name);
        Assert.Equal("UTC", call.Arguments!["zone"]);
        Assert.Equal("Noon.", answered.Text);
        Assert.Equal(ChatFinishReason.Stop, answered.FinishReason);
    }

    [Fact]
    public async Task A_stream_has_the_call_and_the_conversation_takes_its_result()
    {
        List<ChatResponseUpdate> updates = await _client.GetStreamingResponseAsync("What time is it?", Options()).ToListAsync();
        FunctionCallContent call = Assert.Single(updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>());

        ChatResponse answered = await _client.GetResponseAsync(
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent(call.CallId, "noon")]), Options(updates[0].ConversationId));

        Assert.DoesNotContain(updates, update => update.Text.Length > 0);
        Assert.Equal(ChatFinishReason.ToolCalls, updates[^1].FinishReason);
        Assert.Equal("Noon.", answered.Text);
    }

    [Fact]
    public async Task Without_a_call_mode_the_functions_are_not_offered()
    {
        ChatOptions options = Options();
        options.ToolMode = ChatToolMode.None;

        Assert.Equal("Noon.", (await _client.GetResponseAsync("What time is it?", options)).Text);
    }

    [Fact]
    public async Task An_answer_that_is_cut_says_so_also_where_it_has_a_call()
    {
        ChatOptions options = Options();
        options.MaxOutputTokens = 3;

        ChatResponse response = await _client.GetResponseAsync("What time is it?", options);

        Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
    }

    private static ChatOptions Options(string? id = null) => new()
    {
        ConversationId = id,
        Tools = [AIFunctionFactory.Create((string zone) => zone, "clock", "Tells the time.")],
    };
}

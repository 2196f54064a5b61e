using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Tests;

/// <summary>Answers that are messages in channels, as gpt-oss writes them.</summary>
public sealed class ChannelAnswerTests
{
    private const string Analysis = "<|channel|>analysis<|message|>";
    private const string Next = "<|end|><|start|>assistant";

    [Fact]
    public async Task Analysis_is_reasoning_and_the_final_message_is_the_text_also_in_the_next_turn()
    {
        using ScriptedModel model = ScriptedModel.InChannels(
            Analysis, "It is ", "twelve.", Next, "<|channel|>final", "<|message|>", "Noon.");
        using RetNetChatClient client = new(model.Model);
        List<ChatMessage> history = [new(ChatRole.User, "What time is it?")];

        ChatResponse response = await client.GetResponseAsync(history);
        history.AddMessages(response);
        history.Add(new(ChatRole.User, "And now?"));
        ChatResponse next = await client.GetResponseAsync(history);
        List<ChatResponseUpdate> updates = await client.GetStreamingResponseAsync(history).ToListAsync();

        Assert.Equal("Noon.", response.Text);
        Assert.Equal("It is twelve.", Assert.Single(response.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
        Assert.Equal(3, response.Usage!.ReasoningTokenCount);
        Assert.Equal("Noon.", next.Text);
        Assert.Equal("Noon.", string.Concat(updates.Select(update => update.Text)));
        Assert.Equal("It is twelve.", string.Concat(updates.SelectMany(update => update.Contents).OfType<TextReasoningContent>()));
    }

    [Theory]
    [InlineData("<|channel|>", "commentary to=functions.clock ", "<|constrain|>", "json", "<|message|>")]
    [InlineData(" to=functions.clock", "<|channel|>", "commentary json", "<|message|>")]
    public async Task A_message_to_a_function_is_a_call(params string[] header)
    {
        using ScriptedModel model = ScriptedModel.InChannels([.. header, "{\"zone\": ", "\"UTC\"}"]);
        using RetNetChatClient client = new(model.Model);
        foreach (ChatToolMode mode in (ChatToolMode[])[ChatToolMode.Auto, ChatToolMode.RequireAny, ChatToolMode.RequireSpecific("clock")])
        {
            ChatResponse response = await client.GetResponseAsync("What time is it?", new()
            {
                Tools = [AIFunctionFactory.Create((string zone) => zone, "clock")],
                ToolMode = mode,
            });

            FunctionCallContent call = Assert.IsType<FunctionCallContent>(Assert.Single(response.Messages[0].Contents));
            Assert.Equal(("clock", "UTC"), (call.Name, call.Arguments!["zone"]));
            Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        }
    }

    [Fact]
    public async Task A_format_holds_in_the_final_message()
    {
        using ScriptedModel model = ScriptedModel.InChannels(
            Analysis, "It is ", "twelve.", Next, "<|channel|>final<|message|>", "{\"hour\": ", "12", "}");
        using RetNetChatClient client = new(model.Model);

        ChatResponse<Time> response = await client.GetResponseAsync<Time>("What time is it?");

        Assert.Equal(new Time(12), response.Result);
        Assert.Equal("It is twelve.", Assert.Single(response.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
    }

    [Fact]
    public async Task A_format_holds_where_the_marks_are_control_tokens()
    {
        using ScriptedModel model = ScriptedModel.InChannels("<|channel|>", "final", "<|message|>", "{\"hour\": ", "12", "}");
        using RetNetChatClient client = new(model.Model);

        Assert.Equal(new Time(12), (await client.GetResponseAsync<Time>("What time is it?")).Result);
    }

    private sealed record Time(int Hour);
}

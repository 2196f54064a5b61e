using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.AI.Tests;

public sealed class ReasoningTests
{
    private static readonly string[] Thinking = ["<think>", "\nIt is ", "twelve.\n", "</think>", "\n\n", "Noon."];

    [Theory]
    [InlineData("<think>\nHm. So\n\nit is.\n</think>\n\nNoon.", false, "Hm. So\n\nit is.", "Noon.")]
    [InlineData("  <think>a</think>b </think> c", false, "a", "b </think> c")]
    [InlineData("\na < b</think>Noon.\n", true, "a < b", "Noon.\n")]
    [InlineData("<think>\n\n</think>\n\nNoon.", false, "", "Noon.")]
    [InlineData("<think>not at an end </thi", false, "not at an end </thi", "")]
    [InlineData(" Noon, <think> and </think>.", false, "", " Noon, <think> and </think>.")]
    [InlineData("<thin", false, "", "<thin")]
    [InlineData("", true, "", "")]
    public void Reasoning_is_found_however_the_text_is_cut(string text, bool isOpened, string reasoning, string answer)
    {
        for (int size = 1; size <= Math.Max(1, text.Length); size++)
        {
            ReasoningReader reader = new(isOpened);
            StringBuilder thought = new();
            StringBuilder said = new();
            for (int start = 0; start < text.Length; start += size)
                Take(reader.Add(text.Substring(start, Math.Min(size, text.Length - start))));
            Take(reader.Finish());

            Assert.Equal((reasoning, answer), (thought.ToString(), said.ToString()));

            void Take((string Reasoning, string Answer) piece)
            {
                thought.Append(piece.Reasoning);
                said.Append(piece.Answer);
            }
        }
    }

    [Theory]
    [InlineData("<ask>", 4)]
    [InlineData("<think>", 3)]
    public async Task Reasoning_is_content_of_its_own_also_where_the_template_begins_it(string prompt, int tokens)
    {
        using ScriptedModel model = ScriptedModel.Saying(Thinking, prompt);
        using RetNetChatClient client = new(model.Model);

        ChatResponse response = await client.GetResponseAsync("What time is it?");
        List<ChatResponseUpdate> updates = await client.GetStreamingResponseAsync("What time is it?").ToListAsync();

        Assert.Equal("Noon.", response.Text);
        Assert.Equal("It is twelve.", Assert.Single(response.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
        Assert.Equal(tokens, response.Usage!.ReasoningTokenCount);
        Assert.Equal(6 - (4 - tokens), response.Usage.OutputTokenCount);
        Assert.Equal("Noon.", string.Concat(updates.Select(update => update.Text)));
        Assert.Equal("It is twelve.", string.Concat(updates.SelectMany(update => update.Contents).OfType<TextReasoningContent>()));
    }

    [Theory]
    [InlineData("<ask>", 4)]
    [InlineData("[THINK]", 3)]
    public async Task Control_tokens_may_mark_the_reasoning(string prompt, int tokens)
    {
        string[] control = ["[THINK]", "[/THINK]"];
        using ScriptedModel model = ScriptedModel.Saying(["[THINK]", "It is ", "twelve.", "[/THINK]", "{\"hour\": 12}"], prompt, control);
        using RetNetChatClient client = new(model.Model);

        ChatResponse free = await client.GetResponseAsync("What time is it?");
        ChatResponse<Time> typed = await client.GetResponseAsync<Time>("What time is it?");

        Assert.Equal("{\"hour\": 12}", free.Text);
        Assert.Equal("It is twelve.", Assert.Single(free.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
        Assert.Equal(tokens, free.Usage!.ReasoningTokenCount);
        Assert.Equal(new Time(12), typed.Result);
        Assert.Equal("It is twelve.", Assert.Single(typed.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
    }

    [Fact]
    public async Task Reasoning_may_be_hidden()
    {
        using ScriptedModel model = ScriptedModel.Saying(Thinking);
        using RetNetChatClient client = new(model.Model);

        ChatResponse response = await client.GetResponseAsync(
            "What time is it?", new() { Reasoning = new() { Output = ReasoningOutput.None } });

        Assert.Equal("Noon.", Assert.IsType<TextContent>(Assert.Single(response.Messages[0].Contents)).Text);
        Assert.Equal(4, response.Usage!.ReasoningTokenCount);
    }

    [Fact]
    public async Task An_answer_without_reasoning_counts_none()
    {
        using ScriptedModel model = ScriptedModel.Saying(["It is ", "noon."]);
        using RetNetChatClient client = new(model.Model);

        ChatResponse response = await client.GetResponseAsync("What time is it?");

        Assert.Equal("It is noon.", response.Text);
        Assert.Equal(0, response.Usage!.ReasoningTokenCount);
    }

    [Theory]
    [InlineData("<ask>")]
    [InlineData("<think>")]
    public async Task A_schema_holds_for_what_comes_after_the_reasoning(string prompt)
    {
        using ScriptedModel model = ScriptedModel.Saying([.. Thinking[..^1], "{\"hour\": 12}"], prompt);
        using RetNetChatClient client = new(model.Model);
        ChatOptions options = new()
        {
            ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse(
                """
                    {"type": "object", "properties": {"hour": {"type": "integer"}}, "required": ["hour"], "additionalProperties": false}
                    """)),
        };

        ChatResponse response = await client.GetResponseAsync("What time is it?", options);

        Assert.Equal("{\"hour\": 12}", response.Text);
        Assert.Equal("It is twelve.", Assert.Single(response.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
    }

    [Theory]
    [InlineData("<ask>")]
    [InlineData("<think>")]
    public async Task A_typed_answer_comes_after_the_reasoning_also_in_a_stream(string prompt)
    {
        using ScriptedModel model = ScriptedModel.Saying([.. Thinking[..^1], "{\"hour\": ", "12", "}"], prompt);
        using RetNetChatClient client = new(model.Model);

        ChatResponse<Time> response = await client.GetResponseAsync<Time>("What time is it?");
        ChatResponse streamed = await client.GetStreamingResponseAsync("What time is it?",
            new() { ResponseFormat = ChatResponseFormat.ForJsonSchema<Time>() }).ToChatResponseAsync();

        Assert.Equal(new Time(12), response.Result);
        Assert.Equal("{\"hour\": 12}", streamed.Text);
        Assert.Equal("It is twelve.", Assert.Single(streamed.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
    }

    [Theory]
    [InlineData("<ask>")]
    [InlineData("<ask><think>")]
    public async Task A_mark_of_calls_in_the_reasoning_begins_no_call_but_one_after_it_does(string prompt)
    {
        using ScriptedModel model = new(["<think>", "I write ", "<tool_call>", " soon", ".\n", "</think>", "\n\n",
            "<tool_call>\n{\"name\": ", "\"alarm\", ", "\"clock\", ", "\"arguments\": {\"zone\": \"UTC\"}}\n", "</tool_call>"], prompt);
        using RetNetChatClient client = new(model.Model);

        ChatResponse response = await client.GetResponseAsync("What time is it?", Clock(ChatToolMode.Auto));

        Assert.Equal("I write <tool_call> soon.", Assert.Single(response.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
        // The model would call "alarm", which is not offered: the constraint holds again.
        FunctionCallContent call = Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.Equal(("clock", "UTC"), (call.Name, call.Arguments!["zone"]));
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
    }

    [Theory]
    [InlineData("<ask>")]
    [InlineData("<ask><think>")]
    public async Task Reasoning_that_never_ends_is_free(string prompt)
    {
        using ScriptedModel model = new(["<think>", "I write ", "<tool_call>", " soon.\n", "Or ", "never."], prompt);
        using RetNetChatClient client = new(model.Model);

        ChatResponse response = await client.GetResponseAsync("What time is it?", Clock(ChatToolMode.Auto));

        AIContent content = Assert.Single(response.Messages[0].Contents);
        Assert.Equal("I write <tool_call> soon.\nOr never.", Assert.IsType<TextReasoningContent>(content).Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }

    [Fact]
    public async Task A_required_call_comes_after_the_reasoning()
    {
        using ScriptedModel model = new([.. Thinking[..^1], "<tool_call>\n{\"name\": \"clock\", ", "\"arguments\": {\"zone\": \"UTC\"}}\n",
            "</tool_call>"]);
        using RetNetChatClient client = new(model.Model);

        ChatResponse response = await client.GetResponseAsync("What time is it?", Clock(ChatToolMode.RequireAny));

        Assert.Equal("It is twelve.", Assert.Single(response.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
        Assert.Equal("clock", Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>()).Name);
    }

    private static ChatOptions Clock(ChatToolMode mode) => new()
    {
        ToolMode = mode,
        Tools = [AIFunctionFactory.Create((string zone) => zone, "clock")],
    };

    private sealed record Time(int Hour);
}

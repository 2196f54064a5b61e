using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.ChatTemplates.Calls;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tests.ChatTemplates;

/// <summary>Earlier calls and offered functions in prompts.</summary>
public sealed class CallHistoryTests
{
    [Fact]
    public void Several_calls_of_a_message_are_written_one_by_one_where_the_template_takes_one()
    {
        ChatTemplateMessage[] history =
        [
            new("user", "Time?"),
            new("assistant", "") { ToolCalls = [Call("a", "1"), Call("b", "2"), Call("c", "3")] },
            new("tool", "second") { ToolCallId = "b" },
            new("tool", "first") { ToolCallId = "a" },
            new("tool", "of nothing") { ToolCallId = "x" },
            new("user", "And?"),
        ];

        string text = CallTemplates.Get("json").Render(CallTemplates.Learn("json").Adapt(history), addGenerationPrompt: false);

        Assert.Equal(["Time?", "\"1\"", "first", "\"2\"", "second", "\"3\"", "of nothing", "And?"],
            ((string[])["Time?", "\"1\"", "\"2\"", "\"3\"", "first", "second", "of nothing", "And?"])
                .OrderBy(part => text.IndexOf(part, StringComparison.Ordinal)));
    }

    [Fact]
    public void Many_calls_and_results_are_split_in_a_time_that_grows_with_their_number()
    {
        const int count = 60_000;
        IReadOnlyList<ChatTemplateMessage> split = CallsOneByOne.Split(
        [
            new("assistant", "") { ToolCalls = [.. Enumerable.Repeat(Call("a", "1"), count)] },
            .. Enumerable.Range(0, count).Select(i => new ChatTemplateMessage("tool", $"{i}") { ToolCallId = "b" }),
        ]);

        Assert.Equal(2 * count, split.Count);
    }

    [Fact]
    public void Results_without_ids_follow_their_calls_in_order()
    {
        IReadOnlyList<ChatTemplateMessage> split = CallsOneByOne.Split(
        [
            new("assistant", "I look.") { Reasoning = "Two.", ToolCalls = [Call("a", "1"), Call("b", "2")] },
            new("tool", "first"), new("tool", "second"), new("assistant", "Done."),
        ]);

        Assert.Equal(["I look.", "first", "", "second", "Done."], split.Select(message => message.Content));
        Assert.Equal(["Two.", null, null, null, null], split.Select(message => message.Reasoning));
    }

    [Fact]
    public void Calls_that_a_template_does_not_write_are_control_tokens_and_what_is_in_them_is_none()
    {
        FunctionCallFormat format = CallTemplates.Learn("described list");
        ChatTemplateMessage call = new("assistant", "I say <|tool_call|>.") { ToolCalls = [Call("a", "<|tool_call|>")] };

        MarkedText text = CallTemplates.Get("described list").RenderMarked(format.Adapt([call]), false, null, null);

        const string mark = "<|tool_call|>";
        int[] places = [.. Enumerable.Range(0, text.Length)
            .Where(place => text.Text.AsSpan(place).StartsWith(mark) && !text.IsFromOutside(place, mark.Length))];
        int begin = Assert.Single(places);
        Assert.StartsWith("<|tool_call|>[{\"name\": \"time\", \"arguments\": {\"zone\": \"<|tool_call|>\"}}]", text.Text[begin..],
            StringComparison.Ordinal);
    }

    [Fact]
    public void Functions_are_a_field_of_the_system_message_where_the_template_reads_it()
    {
        ChatTemplate template = ChatTemplate.Parse("{% for message in messages %}"
            + "{% if message['role'] == 'system' and 'tools' in message and message['tools'] is not none %}"
            + "{{ '<|system|>' + message['content'] + '<|tool|>' + message['tools'] + '<|/tool|><|end|>' }}{% else %}"
            + "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endif %}{% endfor %}", "field");
        JsonElement[] tools = [JsonElement.Parse("""{"type": "function", "function": {"name": "time", "description": "Now."}}""")];
        FunctionCallFormat format = new CallFormLearner(template, new Dictionary<string, int> { ["<|tool_call|>"] = 1 }, null).Learn()!;

        Assert.True(template.UsesTools);
        Assert.Equal("<|system|><|tool|>[{\"name\": \"time\", \"description\": \"Now.\"}]<|/tool|><|end|><|user|>Hi<|end|>",
            template.Render([new("user", "Hi")], addGenerationPrompt: false, tools));
        Assert.Equal("<|system|>Be kind.<|tool|>[{\"name\": \"time\", \"description\": \"Now.\"}]<|/tool|><|end|>",
            template.Render([new("system", "Be kind.")], addGenerationPrompt: false, tools));
        Assert.Equal("<|system|>Be kind.<|end|>", template.Render([new("system", "Be kind.")], addGenerationPrompt: false));
        Assert.Equal("<|tool_call|>[{\"name\": \"time\", \"arguments\": {}}]<|/tool_call|>",
            format.Form.Write([new FunctionCall("a", "time", CallJson.NoArguments)]).Text);
        Assert.Equal([1], format.ControlTokens);
    }

    [Fact]
    public void Documents_are_none_where_there_are_none() => Assert.Equal("True True", ChatTemplate.Parse(
        "{{ documents is none }} {{ documents is defined }}", "documents").Render([], addGenerationPrompt: false));

    private static JsonElement Call(string id, string zone) =>
        CallJson.Write(id, "time", JsonElement.Parse($$"""{"zone": "{{zone}}"}"""));
}

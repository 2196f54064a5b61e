using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.ChatTemplates.Calls;
using RetNet.Extensions.Core.ChatTemplates.Channels;
using RetNet.Extensions.Core.Grammars;

namespace RetNet.Extensions.Core.Tests.ChatTemplates;

/// <summary>Answers whose reasoning, text and calls are messages in channels.</summary>
public sealed class ChannelTests
{
    private const string Analysis = "<|channel|>analysis<|message|>It is 5 < 6.<|end|><|start|>assistant";

    private static readonly JsonElement[] Tools = [JsonElement.Parse(
        """
        {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties":
        {"city": {"type": "string"}}, "required": ["city"]}}}
        """)];

    [Theory]
    [InlineData("<|channel|>analysis<|message|>Hi.<|end|><|start|>assistant<|channel|>final<|message|>Hello!", "Hi.", "Hello!", "")]
    [InlineData("<|channel|>analysis<|message|>A.<|end|><|start|>assistant<|channel|>analysis<|message|>B.<|end|>", "A.\nB.", "", "")]
    [InlineData("<|channel|>final<|message|>a <b> <| c\n", "", "a <b> <| c\n", "")]
    [InlineData(Analysis + "<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{\"city\": \"Rome\"}<|call|>",
        "It is 5 < 6.", "", "Rome")]
    [InlineData("<|channel|>commentary to=functions.weather<|message|>{\"city\": \"Rome\"}", "", "", "Rome")]
    [InlineData(" to=functions.weather<|channel|>commentary json<|message|>{\"city\": \"Rome\"}<|call|>", "", "", "Rome")]
    [InlineData(Analysis + " to=functions.weather<|channel|>commentary <|constrain|>json<|message|>{\"city\": \"Rome\"}",
        "It is 5 < 6.", "", "Rome")]
    [InlineData("<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|channel|>commentary to=functions.weather json<|message|>"
        + "{\"city\": \"Rome\"}", "", "I look.", "Rome")]
    [InlineData("<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|channel|>final<|message|>Sunny.", "",
        "I look.\nSunny.", "")]
    [InlineData("No channel, to=functions.weather is said only.", "", "No channel, to=functions.weather is said only.", "")]
    [InlineData("<|channel|>final<|message|>It is<|return|>", "", "It is", "")]
    [InlineData("<|channel|>analysis<|message|>cut", "cut", "", "")]
    [InlineData("<|channel|>ana", "", "", "")]
    [InlineData("to", "", "to", "")]
    [InlineData("", "", "", "")]
    public void An_answer_reads_the_same_however_it_is_cut(string answer, string reasoning, string text, string city)
    {
        for (int size = 1; size <= Math.Max(1, answer.Length); size++)
        {
            ReasoningReader reader = new(new ChannelReader(passesCalls: true));
            FunctionCallReader calls = ChannelTemplate.Format.CreateReader(Tools);
            StringBuilder thought = new(), said = new();
            for (int start = 0; start < answer.Length; start += size)
                Take(reader.Add(answer.Substring(start, Math.Min(size, answer.Length - start))));
            Take(reader.Finish());
            said.Append(calls.Finish());

            Assert.Equal((size, reasoning, text), (size, thought.ToString(), said.ToString()));
            Assert.Equal(city, string.Concat(calls.Calls.Select(call => call.Arguments.GetProperty("city").GetString())));
            Assert.Equal(reasoning.Length > 0, reader.HasBegun);

            void Take((string Reasoning, string Answer) piece)
            {
                thought.Append(piece.Reasoning);
                said.Append(calls.Add(piece.Answer));
            }
        }
    }

    [Fact]
    public void A_header_without_end_is_text()
    {
        string answer = "<|channel|>" + new string('a', 1200) + "<|message|>b<|end|><|start|>assistant<|channel|>final<|message|>c";
        foreach (int size in (int[])[1, 7, 1100, answer.Length])
        {
            ChannelReader reader = new(passesCalls: true);
            StringBuilder said = new();
            for (int start = 0; start < answer.Length; start += size)
                said.Append(reader.Add(answer.Substring(start, Math.Min(size, answer.Length - start))).Answer);

            Assert.Equal(answer[..^"<|end|><|start|>assistant<|channel|>final<|message|>c".Length] + "\nc", said + reader.Finish().Answer);
        }
    }

    [Fact]
    public void Without_functions_a_call_is_text()
    {
        ChannelReader reader = new(passesCalls: false);

        Assert.Equal(("", "{}"), reader.Add("<|channel|>commentary to=functions.weather json<|message|>{}"));
    }

    [Theory]
    [InlineData("<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{\"city\": \"Rome\"}")]
    [InlineData("<|channel|>commentary to=functions.weather json<|message|>{\"city\": \"Rome\"}")]
    [InlineData(Analysis + " to=functions.weather<|channel|>commentary json<|message|>{\"city\": \"Rome\"}")]
    [InlineData(Analysis + "<|channel|>commentary<|message|>I look.<|end|><|start|>assistant"
        + " to=functions.weather<|channel|>commentary <|constrain|>json<|message|>{\"city\": \"Rome\"}")]
    public void A_required_call_may_come_in_every_order_after_any_reasoning(string answer)
    {
        ConstrainedText text = Begin(new ChannelFormat(ChannelTemplate.ControlTokens).Before(ChannelTemplate.Format.Require(Tools, true)));

        Assert.True(text.TryAppend(ChannelTemplate.Bytes(answer)));
        Assert.True(text.MustEnd);
    }

    [Theory]
    [InlineData("<|channel|>final<|message|>Hello")]
    [InlineData("<|channel|>commentary to=functions.time")]
    [InlineData("<|channel|>commentary to=functions.weather json<|message|>{\"town\"")]
    [InlineData("Hello")]
    public void A_required_call_is_nothing_else(string answer)
    {
        ConstrainedText text = Begin(new ChannelFormat(ChannelTemplate.ControlTokens).Before(ChannelTemplate.Format.Require(Tools, true)));

        Assert.False(text.TryAppend(ChannelTemplate.Bytes(answer)));
    }

    [Theory]
    [InlineData(Analysis + "<|channel|>final<|message|>I write to=functions.time", true)]
    [InlineData("<|channel|>analysis<|message|>I write to=functions.time<|end|><|start|>assistant<|channel|>final<|message|>5 < 6", true)]
    [InlineData(Analysis + "<|channel|>commentary to=functions.weather json<|message|>{\"city\": \"Rome\"}", true)]
    [InlineData(Analysis + "<|channel|>commentary to=functions.time", false)]
    [InlineData(Analysis + "<|channel|>commentary to=functions.weather json<|message|>{\"town", false)]
    public void An_allowed_call_is_valid_and_texts_are_free(string answer, bool isAllowed)
    {
        FunctionCallConstraint calls = ChannelTemplate.Format.Allow(Tools, several: true)!;
        Assert.Null(calls.Trigger);
        ConstrainedText text = Begin(new ChannelFormat(ChannelTemplate.ControlTokens).Before(calls.Grammar));

        Assert.Equal(isAllowed, text.TryAppend(ChannelTemplate.Bytes(answer)));
        Assert.True(!isAllowed || text.MayEnd);
    }

    [Fact]
    public void A_grammar_of_the_text_holds_in_the_final_channel()
    {
        ChannelFormat format = new(ChannelTemplate.ControlTokens);
        ConstrainedText text = Begin(format.Before(format.Text(Grammar.FromRegex("[0-9]{2}"))));

        Assert.True(text.TryAppend(ChannelTemplate.Bytes(Analysis + "<|channel|>final <|constrain|>json<|message|>1")));
        Assert.False(text.TryAppend("a"u8));
        Assert.True(text.TryAppend("2"u8));
        Assert.True(text.MustEnd);
    }

    [Fact]
    public void Histories_are_written_as_the_template_takes_them()
    {
        JsonElement[] calls = [Call("a", "Rome"), Call("b", "Oslo")];
        IReadOnlyList<ChatTemplateMessage> history = ChannelTemplate.Format.Adapt(
        [
            new("user", "Weather?"),
            new("assistant", "I look.") { Reasoning = "Two towns.", ToolCalls = calls },
            new("tool", "cold") { ToolCallId = "b" },
            new("tool", "warm") { ToolCallId = "a" },
            new("assistant", "Rome is warm.") { Reasoning = "Done." },
            new("user", "Thanks."),
        ]);

        Assert.Equal(
            "<|start|>system<|message|>Reasoning: medium<|end|><|start|>user<|message|>Weather?<|end|>"
            + "<|start|>assistant<|channel|>analysis<|message|>Two towns.\nI look.<|end|>"
            + "<|start|>assistant to=functions.weather<|channel|>commentary json<|message|>{\"city\": \"Rome\"}<|call|>"
            + "<|start|>functions to=assistant<|channel|>commentary<|message|>\"warm\"<|end|>"
            + "<|start|>assistant to=functions.weather<|channel|>commentary json<|message|>{\"city\": \"Oslo\"}<|call|>"
            + "<|start|>functions to=assistant<|channel|>commentary<|message|>\"cold\"<|end|>"
            + "<|start|>assistant<|channel|>final<|message|>Rome is warm.<|end|><|start|>user<|message|>Thanks.<|end|><|start|>assistant",
            ChannelTemplate.Parsed.Render(history, addGenerationPrompt: true));
    }

    [Fact]
    public void A_template_tells_which_variables_it_reads()
    {
        Assert.True(ChannelTemplate.Parsed.ReadsVariable("reasoning_effort"));
        Assert.False(ChannelTemplate.Parsed.ReadsVariable("thinking"));
        Assert.False(ChannelTemplate.Parsed.ReadsVariable("enable_thinking"));
    }

    [Fact]
    public void Long_conversations_with_calls_keep_within_the_budget()
    {
        // As gpt-oss's template does, each call looks at all messages after it.
        ChatTemplate template = ChatTemplate.Parse(
            "{%- for message in messages %}{%- if message.tool_calls %}{%- set ns = namespace(x=0) %}"
            + "{%- for other in messages[loop.index:] %}{%- if other.role == 'assistant' and 'tool_calls' not in other %}"
            + "{%- set ns.x = 1 %}{%- endif %}{%- endfor %}{%- endif %}{{- message.content }}{%- endfor %}", "quadratic");
        ChatTemplateMessage[] messages = [.. Enumerable.Range(0, 400).SelectMany(_ => (ChatTemplateMessage[])
        [
            new("assistant", "") { ToolCalls = [Call("a", "Rome")] }, new("tool", "1") { ToolCallId = "a" },
        ])];

        Assert.Equal(400, template.Render(messages, addGenerationPrompt: false).Length);
    }

    private static ConstrainedText Begin(Grammar grammar) => new TokenConstraint(grammar, TokenTrie.SingleBytes, []).CreateText();

    private static JsonElement Call(string id, string city) =>
        CallJson.Write(id, "weather", JsonElement.Parse($$"""{"city": "{{city}}"}"""));
}

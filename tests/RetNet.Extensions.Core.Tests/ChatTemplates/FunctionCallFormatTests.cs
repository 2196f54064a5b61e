using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.ChatTemplates.Calls;

namespace RetNet.Extensions.Core.Tests.ChatTemplates;

/// <summary>How calls are written is learnt from templates alone, and what is learnt is what the template writes.</summary>
public sealed class FunctionCallFormatTests
{
    private static readonly JsonElement[] Tools =
    [
        Tool("weather", """{"city": {"type": "string"}, "days": {"type": "integer"}, "detailed": {"type": "boolean"}}"""),
        Tool("time", "{}"),
    ];

    private static readonly FunctionCall[] Calls =
    [
        new("abcdefgh1", "weather", JsonElement.Parse("""{"city": "Sankt \"Pölten\"\n{1}", "days": 3, "detailed": true}""")),
        new("abcdefgh2", "time", JsonElement.Parse("{}")),
    ];

    public static TheoryData<string> Families => [.. CallTemplates.Names];

    [Theory]
    [InlineData("tagged", "<tool_call>\n{\"name\": \"time\", \"arguments\": {}}\n</tool_call>")]
    [InlineData("tagged after thinking", "<tool_call>\n{\"name\": \"time\", \"arguments\": {}}\n</tool_call>")]
    [InlineData("xml", "<tool_call>\n<function=time>\n</function>\n</tool_call>")]
    [InlineData("json", "{\"name\": \"time\", \"parameters\": {}}")]
    [InlineData("named", "<function=time>{}</function>")]
    [InlineData("list with ids", "[TOOL_CALLS][{\"name\": \"time\", \"arguments\": {}, \"id\": \"abcdefgh2\"}]")]
    [InlineData("marked with ids", "[TOOL_CALLS]time[CALL_ID]abcdefgh2[ARGS]{}")]
    [InlineData(
        "fenced", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>time\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>")]
    [InlineData("described list", "<|tool_call|>[{\"name\": \"time\", \"arguments\": {}}]")]
    [InlineData("described tags", "<tool_call>\n{\"name\": \"time\", \"arguments\": {}}\n</tool_call>")]
    [InlineData("bars", "<|tool_call|>{\"name\": \"time\", \"arguments\": {}}<|/tool_call|>")]
    [InlineData("recipients", "time\n{}")]
    public void A_call_is_written_as_the_family_writes_it(string family, string expected) =>
        Assert.Equal(expected, CallTemplates.Learn(family).Form.Write(Calls[1..]).Text);

    [Theory]
    [MemberData(nameof(Families))]
    public void What_is_learnt_is_what_the_template_writes(string family)
    {
        FunctionCallFormat format = CallTemplates.Learn(family);
        ChatTemplate template = CallTemplates.Get(family);
        foreach (FunctionCall[] calls in format.AllowsSeveralCalls ? [Calls, Calls[..1]] : (FunctionCall[][])[Calls[..1], Calls[1..]])
        {
            ChatTemplateMessage answer = new("assistant", "") { ToolCalls = [.. calls.Select(call => call.ToJson())] };

            string rendered = template.Render(format.Adapt([new("user", "Rome?"), answer]), addGenerationPrompt: false, Tools);

            string written = format.Form.Write(calls).Text;
            if (family == "xml")
                written = written.Replace("\ntrue\n", "\nTrue\n", StringComparison.Ordinal);
            int at = rendered.LastIndexOf(written, StringComparison.Ordinal);
            Assert.True(at >= 0, $"{written}\nis not in\n{rendered}");
            Assert.DoesNotContain("weather", rendered[(at + written.Length)..], StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void What_the_template_writes_is_read_however_the_text_is_cut(string family)
    {
        FunctionCallFormat format = CallTemplates.Learn(family);
        FunctionCall[] calls = format.AllowsSeveralCalls ? Calls : Calls[..1];
        string text = format.Form.Write(calls).Text;
        for (int size = 1; size <= text.Length; size++)
        {
            (string rest, IReadOnlyList<FunctionCall> read) = Read(format, text, size);

            Assert.Equal("", rest);
            Assert.Equal(Describe(calls), Describe(read));
        }
    }

    [Theory]
    [InlineData("tagged")]
    [InlineData("xml")]
    [InlineData("marked with ids")]
    [InlineData("recipients")]
    public void Text_before_a_call_comes_out_without_what_joins_it_to_the_call(string family)
    {
        FunctionCallFormat format = CallTemplates.Learn(family);
        string text = format.Form.BeforeText + "Let me see." + format.Form.AfterText + format.Form.Write(Calls).Text;
        for (int size = 1; size <= text.Length; size++)
        {
            (string rest, IReadOnlyList<FunctionCall> read) = Read(format, text, size);

            Assert.Equal("Let me see.", rest);
            Assert.Equal(Describe(Calls), Describe(read));
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void An_answer_without_a_call_is_text(string family)
    {
        FunctionCallFormat format = CallTemplates.Learn(family);
        const string answer = "all\nAll is < well [in] {braces}.\n";
        foreach (int size in (int[])[1, 3, 100])
            Assert.Equal(answer, Read(format, format.Form.BeforeText + answer, size).Text);
    }

    [Fact]
    public void A_text_of_calls_in_another_familys_form_is_calls()
    {
        FunctionCallFormat tagged = CallTemplates.Learn("tagged");
        foreach (string family in CallTemplates.Names.Except(["recipients"]))
        {
            FunctionCallFormat format = CallTemplates.Learn(family);
            string text = format.Form.Write(Calls[..1]).Text;

            Assert.Equal(Describe(Calls[..1]), Describe(Read(tagged, text, 4).Calls));
            Assert.Equal("", Read(tagged, text, 4).Text);
        }
    }

    [Theory]
    [InlineData("<|python_tag|>{\"name\": \"time\", \"parameters\": {}}")]
    [InlineData("{\"name\": \"time\"}")]
    [InlineData("[{\"name\": \"time\", \"arguments\": {}}]")]
    [InlineData("{\"type\": \"function\", \"function\": {\"name\": \"time\", \"arguments\": \"{}\"}}")]
    [InlineData("{\"name\": \"time\", \"arguments\": null}")]
    [InlineData("<function=time></function>")]
    [InlineData("[TOOL_CALLS]time[ARGS]{}")]
    [InlineData("functools[{\"name\": \"time\", \"arguments\": {}}]")]
    public void Calls_without_arguments_are_calls(string text)
    {
        (string rest, IReadOnlyList<FunctionCall> calls) = Read(CallTemplates.Learn("tagged"), text, 3);

        Assert.Equal("", rest);
        FunctionCall call = Assert.Single(calls);
        Assert.Equal(("time", "{}"), (call.Name, call.Arguments.GetRawText()));
    }

    [Fact]
    public void Arguments_that_are_the_text_of_json_are_read()
    {
        const string text = """<tool_call>{"name": "weather", "arguments": "{\"city\": \"a \\\"b\\\" c\"}"}</tool_call>""";

        FunctionCall call = Assert.Single(Read(CallTemplates.Learn("tagged"), text, 2).Calls);

        Assert.Equal("a \"b\" c", call.Arguments.GetProperty("city").GetString());
    }

    [Fact]
    public void Values_without_quotes_are_what_the_schema_says()
    {
        const string text = "<tool_call>\n<function=weather>\n<parameter=city>\n12\n</parameter>\n<parameter=days>\n12\n</parameter>\n"
            + "<parameter=detailed>\nFalse\n</parameter>\n</function>\n</tool_call>";

        FunctionCall call = Assert.Single(Read(CallTemplates.Learn("xml"), text, 5).Calls);

        Assert.Equal("""{"city":"12","days":12,"detailed":false}""", call.Arguments.GetRawText());
    }

    [Fact]
    public void Text_is_held_back_no_longer_than_it_may_be_a_call()
    {
        FunctionCallReader reader = CallTemplates.Learn("json").CreateReader(Tools);

        Assert.Equal("", reader.Add("{\"na"));
        Assert.Equal("{\"nation\"", reader.Add("tion\""));
        Assert.Equal(": 1}", reader.Add(": 1}"));

        reader = CallTemplates.Learn("json").CreateReader(Tools);
        Assert.Equal("", reader.Add("{\"name\": \"wea"));
        Assert.Equal("{\"name\": \"weasel", reader.Add("sel"));
    }

    [Fact]
    public void Foreign_ids_become_ids_that_the_template_accepts()
    {
        FunctionCallFormat format = CallTemplates.Learn("list with ids");
        ChatTemplateMessage call = new("assistant", "") { ToolCalls = [(Calls[1] with { Id = "call_0123456789" }).ToJson()] };
        ChatTemplateMessage result = new("tool", "noon") { ToolCallId = "call_0123456789" };

        IReadOnlyList<ChatTemplateMessage> adapted = format.Adapt([call, result]);

        string id = adapted[0].ToolCalls![0].GetProperty("id").GetString()!;
        Assert.Matches("^[A-Za-z0-9]{9}$", id);
        Assert.Equal(id, adapted[1].ToolCallId);
    }

    [Theory]
    [InlineData("{{ tools }}{% for message in messages %}{{ message.content }}{% endfor %}")]
    [InlineData("{{ tools }}{% for message in messages %}{{ message.content }}{{ message.tool_calls | length }}{% endfor %}")]
    [InlineData("{{ tools }}{% for message in messages %}{{ message.role }}: {{ message.content }}\n"
        + "{% for call in message.tool_calls %}{{ call.function.name }} {% endfor %}{% endfor %}")]
    [InlineData("{{ tools }}{% for message in messages %}{{ message.role }}: {{ message.content }}{% for call in message.tool_calls %}"
        + "{{ call.function.name }}{% for key, value in call.function.arguments.items() %}{{ '<' + key + '>' }}{{ value }} {% endfor %}"
        + "{% endfor %}{% endfor %}")]
    public void A_template_that_does_not_tell_has_no_form(string template) =>
        Assert.Null(new CallFormLearner(ChatTemplate.Parse(template, "test"), new Dictionary<string, int>(), null).Learn());

    [Fact]
    public void A_template_that_writes_nothing_of_two_calls_has_the_form_of_one()
    {
        FunctionCallFormat format = Learn("{% if (messages[-1].tool_calls or []) | length < 2 %}{{ tools }}"
            + "{% for message in messages %}{{ message.role + ': ' + message.content }}{% for call in message.tool_calls %}"
            + "{{ '<call=' + call.function.name + '>' + (call.function.arguments | tojson) + '</call>' }}{% endfor %}{% endfor %}"
            + "{% endif %}");

        Assert.False(format.AllowsSeveralCalls);
        Assert.Equal("<call=time>{}</call>", format.Form.Write(Calls[1..]).Text);
    }

    [Fact]
    public void Arguments_may_follow_the_name_at_once()
    {
        FunctionCallFormat format = Learn("{{ tools }}{% for message in messages %}{{ message.role + ': ' + message.content }}"
            + "{% for call in message.tool_calls %}{{ '[CALLS]' + call.function.name + (call.function.arguments | tojson) }}{% endfor %}"
            + "{% endfor %}");
        string text = format.Form.Write(Calls).Text;

        Assert.Equal("[CALLS]weather{", text[..15]);
        Assert.Equal("[CALLS]time{}", text[^13..]);
        for (int size = 1; size <= text.Length; size++)
            Assert.Equal(Describe(Calls), Describe(Read(format, text, size).Calls));
    }

    [Fact]
    public void Any_number_of_braces_may_stand_before_a_call()
    {
        string braces = new('{', 900_000);
        FunctionCallFormat format = Learn("{{ tools }}{% for message in messages %}{{ message.role + ': ' + message.content }}"
            + "{% for call in message.tool_calls %}{{ '" + braces + "<call=' + call.function.name + '>' }}"
            + "{{ (call.function.arguments | tojson) + '</call>' }}{% endfor %}{% endfor %}");

        Assert.Equal(braces + "<call=time>{}</call>", format.Form.Write(Calls[1..]).Text);
    }

    private static FunctionCallFormat Learn(string template) =>
        new CallFormLearner(ChatTemplate.Parse(template, "test"), new Dictionary<string, int>(), null).Learn()!;

    private static (string Text, IReadOnlyList<FunctionCall> Calls) Read(FunctionCallFormat format, string text, int size)
    {
        FunctionCallReader reader = format.CreateReader(Tools);
        StringBuilder plain = new();
        for (int start = 0; start < text.Length; start += size)
            plain.Append(reader.Add(text.AsSpan(start, Math.Min(size, text.Length - start))));
        plain.Append(reader.Finish());
        return (plain.ToString(), reader.Calls);
    }

    private static IEnumerable<string> Describe(IEnumerable<FunctionCall> calls) =>
        calls.Select(call => $"{call.Name}{CallJson.Text(call.Arguments)}");

    private static JsonElement Tool(string name, string properties) => JsonElement.Parse(
        $$"""{"type": "function", "function": {"name": "{{name}}", "parameters": {"type": "object", "properties": {{properties}} } } }""");
}

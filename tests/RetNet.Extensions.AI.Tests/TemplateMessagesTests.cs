using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.AI.Tests;

public sealed class TemplateMessagesTests
{
    [Fact]
    public void Roles_texts_and_reasoning_are_translated()
    {
        List<ChatTemplateMessage> translated = Translate(
            new(ChatRole.System, "s"),
            new(ChatRole.User, [new TextContent("a"), new TextContent("b")]) { AuthorName = "Ann" },
            new(ChatRole.Assistant, [new TextReasoningContent("hm"), new TextContent("c"), new UsageContent(new())]));

        Assert.Equal(
            [new("system", "s"), new("user", "ab") { Name = "Ann" }, new("assistant", "c") { Reasoning = "hm" }],
            translated);
    }

    [Fact]
    public void A_role_is_the_same_in_any_case()
    {
        List<ChatTemplateMessage> translated = Translate(
            new(new ChatRole("Developer"), "d"), new(new ChatRole("SYSTEM"), "s"), new(new ChatRole("User"), "u"),
            new(new ChatRole("Assistant"), "a"), new(new ChatRole("Critic"), "c"));

        Assert.Equal(["system", "system", "user", "assistant", "Critic"], translated.Select(message => message.Role));
    }

    [Fact]
    public void Calls_and_their_results_find_each_other()
    {
        List<ChatTemplateMessage> translated = Translate(
            new(ChatRole.Assistant, [
                new FunctionCallContent("1", "weather", new Dictionary<string, object?> { ["city"] = "Rome", ["days"] = 2 }),
                new FunctionCallContent("2", "time"),
            ]),
            new(ChatRole.Tool, [new FunctionResultContent("2", "noon"), new FunctionResultContent("1", new { Sun = true })]));

        Assert.Equal(3, translated.Count);
        Assert.Equal(
            ["""{"type":"function","id":"1","function":{"name":"weather","arguments":{"city":"Rome","days":2}}}""",
             """{"type":"function","id":"2","function":{"name":"time","arguments":{}}}"""],
            translated[0].ToolCalls!.Select(call => call.GetRawText()));
        Assert.Equal(
            ("tool", "noon", "time", "2"), (translated[1].Role, translated[1].Content, translated[1].Name, translated[1].ToolCallId));
        Assert.Equal(("weather", "1"), (translated[2].Name, translated[2].ToolCallId));
        Assert.True(JsonElement.Parse(translated[2].Content).GetProperty("sun").GetBoolean());
    }

    [Fact]
    public void Results_of_many_calls_find_the_last_call_with_their_id()
    {
        const int calls = 20_000;
        List<ChatTemplateMessage> conversation = Translate(
            [.. Enumerable.Range(0, calls).Select(i => new ChatMessage(ChatRole.Assistant, [new FunctionCallContent($"{i}", $"f{i}")]))]);
        conversation = [.. conversation, .. Translate(new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("7", "again")]))];

        TemplateMessages.Append(
            [.. Enumerable.Range(0, calls + 1).Select(i => new ChatMessage(ChatRole.Tool, [new FunctionResultContent($"{i}", "")]))],
            conversation);

        List<string?> names = [.. conversation.Skip(calls + 1).Select(message => message.Name)];
        Assert.Equal(("f0", "again", "f19999", null), (names[0], names[7], names[calls - 1], names[calls]));
    }

    [Fact]
    public void Of_a_result_with_a_picture_the_text_is_read()
    {
        DataContent picture = new(new byte[] { 1 }, "image/png");
        AIContent[] mixed = [new TextContent("A "), picture, new TextContent("cat.")];

        List<ChatTemplateMessage> translated = Translate(
            new(ChatRole.Tool, [new FunctionResultContent("1", picture)]),
            new(ChatRole.Tool, [new FunctionResultContent("2", mixed)]));

        Assert.Equal(["", "A cat."], translated.Select(message => message.Content));
    }

    [Fact]
    public void Messages_that_a_function_returns_are_read_as_their_texts()
    {
        ChatMessage first = new(ChatRole.Assistant, "It is");
        ChatMessage second = new(ChatRole.Assistant, "noon.");

        List<ChatTemplateMessage> translated = Translate(new ChatMessage(ChatRole.Tool, [
            new FunctionResultContent("1", first),
            new FunctionResultContent("2", new ChatResponse(second)),
            new FunctionResultContent("3", (ChatMessage[])[first, second])]));

        Assert.Equal(["It is", "noon.", "It is\nnoon."], translated.Select(message => message.Content));
    }

    [Fact]
    public void What_json_cannot_hold_is_refused_with_the_call()
    {
        List<object> cycle = [];
        cycle.Add(cycle);
        foreach (object result in (object[])[typeof(string), new MemoryStream(), cycle])
        {
            NotSupportedException failure = Assert.Throws<NotSupportedException>(() => Translate(
                new(ChatRole.Assistant, [new FunctionCallContent("7", "weather")]),
                new(ChatRole.Tool, [new FunctionResultContent("7", result)])));

            Assert.Contains("The result of function 'weather', call '7', of type", failure.Message, StringComparison.Ordinal);
        }

        FunctionCallContent call = new("8", "weather", new Dictionary<string, object?> { ["city"] = cycle });
        Assert.Contains("The arguments of function 'weather', call '8'", Assert.Throws<NotSupportedException>(
            () => Translate(new ChatMessage(ChatRole.Assistant, [call]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_developers_message_is_one_of_the_system() =>
        Assert.Equal([new("system", "Be kind.")], Translate(new ChatMessage(new("developer"), "Be kind.")));

    [Fact]
    public void Instructions_join_a_system_message_that_is_there() => Assert.Equal(
        [new("system", "Be brief.\n\nBe kind."), new("user", "hi")],
        TemplateMessages.WithInstructions("Be brief.", [new("system", "Be kind."), new("user", "hi")]));

    [Fact]
    public void An_image_is_refused_by_its_type()
    {
        NotSupportedException failure = Assert.Throws<NotSupportedException>(
            () => Translate(new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")])));

        Assert.Contains("DataContent", failure.Message, StringComparison.Ordinal);
        Assert.Contains("user", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Functions_are_described_as_templates_expect()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ tools }}", "test");
        ChatOptions options = new() { Tools = [AIFunctionFactory.Create((string city) => city, "weather", "Tells the weather.")] };

        JsonElement described = Assert.Single(FunctionTools.Describe(FunctionTools.Read(options, template, "model")));

        Assert.Equal("function", described.GetProperty("type").GetString());
        JsonElement function = described.GetProperty("function");
        Assert.Equal("weather", function.GetProperty("name").GetString());
        Assert.Equal("Tells the weather.", function.GetProperty("description").GetString());
        Assert.Equal(
            "string", function.GetProperty("parameters").GetProperty("properties").GetProperty("city").GetProperty("type").GetString());
    }

    [Fact]
    public void Tools_that_are_no_functions_are_refused_by_name()
    {
        ChatOptions options = new() { Tools = [new HostedWebSearchTool()] };

        NotSupportedException failure = Assert.Throws<NotSupportedException>(() => FunctionTools.Read(options,
            ChatTemplate.Parse("{{ tools }}", "test"), "model"));

        Assert.Contains(nameof(HostedWebSearchTool), failure.Message, StringComparison.Ordinal);
    }

    private static List<ChatTemplateMessage> Translate(params ChatMessage[] messages)
    {
        List<ChatTemplateMessage> translated = [];
        TemplateMessages.Append(messages, translated);
        return translated;
    }
}

using System.Globalization;
using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.Core.Tests.Tokenizers;

/// <summary>
/// The families' templates against what Jinja itself (3.1.6, with the settings of transformers) makes of them:
/// templates/expected.json holds its output for every template and conversation, without and with a generation prompt.
/// </summary>
public class ChatTemplateRenderingTests
{
    /// <summary>What the reference run was told that today is.</summary>
    private const string ReferenceDate = "22 Nov 2026";

    private static readonly JsonElement Expected = ReadExpected();

    public static TheoryData<string> Templates => [.. Expected.GetProperty("templates").EnumerateObject().Select(template => template.Name)];

    [Theory]
    [MemberData(nameof(Templates))]
    public void Renders_as_jinja(string name)
    {
        var expected = Expected.GetProperty("templates").GetProperty(name);
        var file = TestFiles.Path("Tokenizers", "templates", $"{name}.jinja");
        var template = ChatTemplate.Parse(File.ReadAllText(file), file)
            .WithTokens(expected.GetProperty("bos").GetString(), expected.GetProperty("eos").GetString());
        var results = expected.GetProperty("results").EnumerateArray().ToArray();
        var cases = Expected.GetProperty("cases").EnumerateArray().ToArray();
        Assert.Equal(2 * cases.Length, results.Length);
        for (var i = 0; i < results.Length; i++)
            Check(template, cases[i / 2], addGenerationPrompt: i % 2 == 1, results[i]);
    }

    private static void Check(ChatTemplate template, JsonElement conversation, bool addGenerationPrompt, JsonElement result)
    {
        var messages = conversation.GetProperty("messages").EnumerateArray().Select(ReadMessage).ToArray();
        var tools = conversation.TryGetProperty("tools", out var list) ? list.EnumerateArray().ToArray() : null;
        var variables = conversation.TryGetProperty("variables", out var map)
            ? map.EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value)
            : null;
        if (result.TryGetProperty("rejection", out var rejection))
        {
            var e = Assert.Throws<ChatTemplateException>(() => template.Render(messages, addGenerationPrompt, tools, variables));
            Assert.Contains(rejection.GetString()!, e.Message, StringComparison.Ordinal);
            return;
        }
        var today = DateTime.Now.ToString("dd MMM yyyy", CultureInfo.InvariantCulture);
        Assert.Equal(
            result.GetProperty("text").GetString(),
            template.Render(messages, addGenerationPrompt, tools, variables).Replace($"Today Date: {today}", $"Today Date: {ReferenceDate}", StringComparison.Ordinal));
    }

    private static ChatTemplateMessage ReadMessage(JsonElement message)
    {
        return new ChatTemplateMessage(Text("role")!, Text("content")!)
        {
            Name = Text("name"),
            ToolCallId = Text("tool_call_id"),
            Reasoning = Text("reasoning_content"),
            ToolCalls = message.TryGetProperty("tool_calls", out var calls) ? [.. calls.EnumerateArray()] : null,
        };

        string? Text(string name) => message.TryGetProperty(name, out var value) ? value.GetString() : null;
    }

    private static JsonElement ReadExpected()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(TestFiles.Path("Tokenizers", "templates", "expected.json")));
        return document.RootElement.Clone();
    }
}

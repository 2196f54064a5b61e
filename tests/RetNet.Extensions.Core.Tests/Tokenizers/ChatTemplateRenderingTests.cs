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
    /// <summary>A part of the budget in which every template of a family renders every conversation.</summary>
    private const int BudgetPart = 100;

    /// <summary>The date that the reference run was given.</summary>
    private const string ReferenceDate = "22 Nov 2026";

    private static readonly JsonElement Expected = ReadExpected();

    public static TheoryData<string> Templates =>
        [.. Expected.GetProperty("templates").EnumerateObject().Select(template => template.Name)];

    [Theory]
    [MemberData(nameof(Templates))]
    public void Renders_as_jinja(string name) => Check(name, template => template);

    [Theory]
    [MemberData(nameof(Templates))]
    public void Renders_with_a_small_part_of_the_budget(string name) =>
        Check(name, template => template.WithBudget(ChatTemplate.DefaultBudget / BudgetPart));

    private static void Check(string name, Func<ChatTemplate, ChatTemplate> change)
    {
        JsonElement expected = Expected.GetProperty("templates").GetProperty(name);
        string file = TestFiles.Path("Tokenizers", "templates", $"{name}.jinja");
        ChatTemplate template = ChatTemplate.Parse(File.ReadAllText(file), file)
            .WithTokens(expected.GetProperty("bos").GetString(), expected.GetProperty("eos").GetString());
        template = change(template);
        JsonElement[] results = expected.GetProperty("results").EnumerateArray().ToArray();
        JsonElement[] cases = Expected.GetProperty("cases").EnumerateArray().ToArray();
        Assert.Equal(2 * cases.Length, results.Length);
        for (int i = 0; i < results.Length; i++)
            Check(template, cases[i / 2], addGenerationPrompt: i % 2 == 1, results[i]);
    }

    private static void Check(ChatTemplate template, JsonElement conversation, bool addGenerationPrompt, JsonElement result)
    {
        ChatTemplateMessage[] messages = conversation.GetProperty("messages").EnumerateArray().Select(ReadMessage).ToArray();
        JsonElement[]? tools = conversation.TryGetProperty("tools", out JsonElement list) ? list.EnumerateArray().ToArray() : null;
        Dictionary<string, JsonElement>? variables = conversation.TryGetProperty("variables", out JsonElement map)
            ? map.EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value)
            : null;
        if (result.TryGetProperty("rejection", out JsonElement rejection))
        {
            ChatTemplateException e = Assert.Throws<ChatTemplateException>(() => template.Render(messages, addGenerationPrompt, tools,
                variables));
            Assert.Contains(rejection.GetString()!, e.Message, StringComparison.Ordinal);
            return;
        }

        string today = DateTime.Now.ToString("dd MMM yyyy", CultureInfo.InvariantCulture);
        Assert.Equal(
            result.GetProperty("text").GetString(),
            template.Render(messages, addGenerationPrompt, tools, variables)
                .Replace($"Today Date: {today}", $"Today Date: {ReferenceDate}", StringComparison.Ordinal));
    }

    private static ChatTemplateMessage ReadMessage(JsonElement message)
    {
        return new ChatTemplateMessage(Text("role")!, Text("content")!)
        {
            Name = Text("name"),
            ToolCallId = Text("tool_call_id"),
            Reasoning = Text("reasoning_content"),
            ToolCalls = message.TryGetProperty("tool_calls", out JsonElement calls) ? [.. calls.EnumerateArray()] : null,
        };

        string? Text(string name) => message.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
    }

    private static JsonElement ReadExpected()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(TestFiles.Path("Tokenizers", "templates", "expected.json")));
        return document.RootElement.Clone();
    }
}

using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.Benchmarks.Templates;

/// <summary>Renders chat templates for a comparison with another implementation: each line of the standard input is a case,
/// <c>{"template", "messages", "tools", "variables", "bos", "eos", "add_generation_prompt"}</c>; each line of the output says
/// <c>{"text"}</c> or <c>{"error"}</c>.</summary>
internal sealed class TemplatesCommand : Command
{
    public TemplatesCommand()
        : base("templates", "Renders the chat templates of the standard input, a JSON object a line (reference/compare_templates.py).") =>
        SetAction(_ => Run());

    private static int Run()
    {
        while (Console.In.ReadLine() is { } line)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            Console.Out.WriteLine(Render(document.RootElement).ToJsonString());
        }

        return 0;
    }

    private static JsonObject Render(JsonElement test)
    {
        try
        {
            ChatTemplate template = ChatTemplate.Parse(test.GetProperty("template").GetString()!, "template")
                .WithTokens(Text(test, "bos"), Text(test, "eos"));
            string text = template.Render(
                [.. Items(test, "messages").Select(ReadMessage)],
                test.TryGetProperty("add_generation_prompt", out JsonElement prompt) && prompt.GetBoolean(),
                test.TryGetProperty("tools", out _) ? [.. Items(test, "tools")] : null,
                test.TryGetProperty("variables", out JsonElement map)
                    ? map.EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value)
                    : null);
            return new JsonObject { ["text"] = text };
        }
        catch (ChatTemplateException exception)
        {
            return new JsonObject { ["error"] = exception.Message };
        }
    }

    private static ChatTemplateMessage ReadMessage(JsonElement message)
    {
        JsonElement content = message.GetProperty("content");
        bool isList = content.ValueKind == JsonValueKind.Array;
        return new ChatTemplateMessage(Text(message, "role")!, isList ? "" : content.GetString() ?? "")
        {
            Parts = isList
                ? [.. content.EnumerateArray().Select(part => new ChatTemplatePart(Text(part, "type")!, Text(part, "text")))]
                : null,
            Name = Text(message, "name"),
            ToolCallId = Text(message, "tool_call_id"),
            Reasoning = Text(message, "reasoning_content"),
            ToolCalls = message.TryGetProperty("tool_calls", out _) ? [.. Items(message, "tool_calls")] : null,
        };
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out JsonElement list) ? list.EnumerateArray() : default;

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}

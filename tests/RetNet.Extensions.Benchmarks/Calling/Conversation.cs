using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary>A conversation, with the functions that it offers.</summary>
/// <param name="Tools">The functions, as chat templates expect them.</param>
/// <param name="Messages">What is said.</param>
internal sealed record Conversation(IReadOnlyList<JsonElement> Tools, IReadOnlyList<ChatTemplateMessage> Messages)
{
    /// <summary>An assistant's message that calls functions.</summary>
    public static ChatTemplateMessage Calling(params IEnumerable<FunctionCall> calls) => new("assistant", "")
    {
        ToolCalls = [.. calls.Select(call => JsonSerializer.SerializeToElement(new
        {
            type = "function",
            function = new { name = call.Name, arguments = call.Arguments },
        }))],
    };

    /// <summary>The text that a model learns.</summary>
    public string Render(ChatTemplate template) =>
        template.Render(Messages, addGenerationPrompt: false, Tools.Count > 0 ? Tools : null);
}

/// <summary>A call of a function.</summary>
internal sealed record FunctionCall(string Name, JsonObject Arguments);

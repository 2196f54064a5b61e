using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.AI;

/// <summary>The functions that are offered to a model.</summary>
internal static class FunctionTools
{
    /// <summary>The functions of a request; none when there are no tools or they are switched off.</summary>
    /// <exception cref="NotSupportedException">The tools cannot be offered, or a call is required.</exception>
    public static IReadOnlyList<AIFunctionDeclaration> Read(ChatOptions? options, ChatTemplate template, string modelId)
    {
        if (options?.ToolMode is NoneChatToolMode)
            return [];
        if (options?.ToolMode is RequiredChatToolMode)
        {
            throw new NotSupportedException(
                $"{nameof(options.ToolMode)} requires a call; a model cannot be made to call a function. "
                + $"Expected {nameof(ChatToolMode.Auto)} or {nameof(ChatToolMode.None)}.");
        }

        if (options?.Tools is not { Count: > 0 } tools)
            return [];
        if (!template.UsesTools)
        {
            throw new NotSupportedException(
                $"{nameof(options.Tools)} is set, but the chat template of model '{modelId}' has no place for tools. "
                + "Expected no tools, or a model trained to call them.");
        }

        return [.. tools.Select(tool => tool as AIFunctionDeclaration
            ?? throw new NotSupportedException($"{nameof(options.Tools)} has the tool '{tool.Name}' of type {tool.GetType().Name}; "
            + "expected functions only."))];
    }

    /// <summary>How the model calls functions.</summary>
    /// <exception cref="NotSupportedException">Its chat template does not tell.</exception>
    public static FunctionCallFormat Format(ChatEncoder chat, string modelId) => chat.CallFormat ?? throw new NotSupportedException(
        $"{nameof(ChatOptions.Tools)} is set, but the chat template of model '{modelId}' ({chat.Template?.Source}) writes and describes no "
        + "calls in a form that is understood, so that the model's calls could not be told from text. Expected no tools, or a template "
        + "that writes a message's tool_calls.");

    /// <summary>The functions as chat templates expect them.</summary>
    public static IReadOnlyList<JsonElement> Describe(IReadOnlyList<AIFunctionDeclaration> functions) =>
        [.. functions.Select(Describe)];

    private static JsonElement Describe(AIFunctionDeclaration function) => AnyJson.ToElement(new JsonObject
    {
        ["type"] = "function",
        ["function"] = new JsonObject
        {
            ["name"] = function.Name,
            ["description"] = function.Description,
            ["parameters"] = AnyJson.ToNode(function.JsonSchema),
        },
    });
}

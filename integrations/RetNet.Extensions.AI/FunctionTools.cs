using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Schemas;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Grammars;

namespace RetNet.Extensions.AI;

/// <summary>The functions that are offered to a model.</summary>
internal static class FunctionTools
{
    // What is known of a grammar is kept with it, so that there is one for equal requests.
    private static readonly ConditionalWeakTable<Grammar, ConditionalWeakTable<Grammar, Grammar>> Choices = [];

    /// <summary>The functions of a request; none when there are no tools or they are switched off.</summary>
    /// <exception cref="NotSupportedException">The tools cannot be offered, or a call is required and there are none.</exception>
    /// <exception cref="ArgumentException">A tool is null.</exception>
    public static IReadOnlyList<AIFunctionDeclaration> Read(ChatOptions? options, ChatTemplate template, string modelId)
    {
        if (options?.ToolMode is NoneChatToolMode)
            return [];
        if (options is { ToolMode: RequiredChatToolMode, Tools: null or { Count: 0 } })
        {
            throw new NotSupportedException($"{nameof(options.ToolMode)} requires a call, but there are no tools; expected functions, "
                + $"{nameof(ChatToolMode.Auto)} or {nameof(ChatToolMode.None)}.");
        }

        if (options?.Tools is not { Count: > 0 } tools)
            return [];
        if (!template.UsesTools)
        {
            throw new NotSupportedException(
                $"{nameof(options.Tools)} is set, but the chat template of model '{modelId}' has no place for tools. "
                + "Expected no tools, or a model trained to call them.");
        }

        return [.. tools.Select((tool, place) => tool as AIFunctionDeclaration ?? throw Refusal(tool, place))];
    }

    /// <summary>How the model calls functions.</summary>
    /// <exception cref="NotSupportedException">Its chat template does not tell.</exception>
    public static FunctionCallFormat Format(ChatEncoder chat, string modelId) => chat.CallFormat ?? throw new NotSupportedException(
        $"{nameof(ChatOptions.Tools)} is set, but the chat template of model '{modelId}' writes and describes no "
        + "calls in a form that is understood, so that the model's calls could not be told from text. Expected no tools, or a template "
        + "that writes a message's tool_calls.");

    /// <summary>The grammar of the whole answer where there is one: calls if one is required, otherwise what the request asks for or, where
    /// functions are offered, calls.</summary>
    /// <param name="answer">What the request asks for; null for any text.</param>
    /// <param name="options">The request.</param>
    /// <param name="format">How the model writes calls; null if no functions are offered.</param>
    /// <param name="tools">The functions.</param>
    /// <exception cref="NotSupportedException">The schema of a function cannot be kept.</exception>
    /// <exception cref="ArgumentException">The required function is not among the tools.</exception>
    public static Grammar? WholeAnswer(
        Grammar? answer, ChatOptions? options, FunctionCallFormat? format, IReadOnlyList<JsonElement> tools)
    {
        RequiredChatToolMode? required = options?.ToolMode as RequiredChatToolMode;
        if (format is null || (required is null && answer is null))
            return answer;
        Grammar calls = format.Require(tools, TakesSeveralCalls(options), required?.RequiredFunctionName);
        return required is not null || answer is null
            ? calls
            : Choices.GetValue(answer, static _ => []).GetValue(calls, calls => Grammar.Choice(calls, answer));
    }

    /// <summary>Whether an answer may have more than one call.</summary>
    public static bool TakesSeveralCalls(ChatOptions? options) => options?.AllowMultipleToolCalls != false;

    /// <summary>The functions as chat templates expect them, with the schemas that they declare.</summary>
    public static IReadOnlyList<JsonElement> Describe(IReadOnlyList<AIFunctionDeclaration> functions) =>
        [.. functions.Select(function => Describe(function, FunctionSchemas.Of(function).Shown))];

    /// <summary>The functions in the same form, with schemas of all that they take: what calls are kept to.</summary>
    public static IReadOnlyList<JsonElement> DescribeTypes(IReadOnlyList<AIFunctionDeclaration> functions) =>
        [.. functions.Select(function => Describe(function, FunctionSchemas.Of(function).Kept))];

    private static Exception Refusal(AITool? tool, int place) => tool is null
        ? new ArgumentException($"{nameof(ChatOptions.Tools)}[{place}] is null; expected a function.")
        : new NotSupportedException($"{nameof(ChatOptions.Tools)} has the tool '{tool.Name}' of type {tool.GetType().Name}; "
            + "expected functions only.");

    private static JsonElement Describe(AIFunctionDeclaration function, JsonElement parameters) => AnyJson.ToElement(new JsonObject
    {
        ["type"] = "function",
        ["function"] = new JsonObject
        {
            ["name"] = function.Name,
            ["description"] = function.Description,
            ["parameters"] = AnyJson.ToNode(parameters),
        },
    });
}

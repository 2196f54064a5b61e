using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Grammars;

namespace RetNet.Extensions.AI;

/// <summary>The functions that are offered to a model.</summary>
internal static class FunctionTools
{
    // What is known about a trigger's tokens is kept with it, so that there is one for each constraint.
    private static readonly ConditionalWeakTable<FunctionCallConstraint, GrammarTrigger> Triggers = [];

    // The same for grammars of answers that may be calls instead.
    private static readonly ConditionalWeakTable<Grammar, ConditionalWeakTable<Grammar, Grammar>> Choices = [];

    /// <summary>The functions of a request; none when there are no tools or they are switched off.</summary>
    /// <exception cref="NotSupportedException">The tools cannot be offered, or a call is required and there are none.</exception>
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

    /// <summary>Keeps an answer to valid calls: the whole answer where a call is required, otherwise what follows the beginning of a
    /// call.</summary>
    /// <param name="generation">How the answer is generated.</param>
    /// <param name="options">The request.</param>
    /// <param name="format">How the model writes calls.</param>
    /// <param name="tools">The functions.</param>
    /// <param name="opensReasoning">Whether the answer begins inside of reasoning, which stays free.</param>
    /// <param name="unconstrained">Functions whose schemas cannot be kept, with the reasons.</param>
    /// <exception cref="NotSupportedException">A call is required, and the schema of a function cannot be kept.</exception>
    /// <exception cref="ArgumentException">The required function is not among the tools.</exception>
    public static GenerationOptions Constrain(
        GenerationOptions generation, ChatOptions? options, FunctionCallFormat format, IReadOnlyList<JsonElement> tools,
        bool opensReasoning, out IReadOnlyList<string> unconstrained)
    {
        unconstrained = [];
        bool several = options?.AllowMultipleToolCalls != false;
        FunctionCallConstraint? calls;
        if (options?.ToolMode is RequiredChatToolMode required)
            calls = format.Require(tools, several, required.RequiredFunctionName, opensReasoning);
        else if (generation.Grammar is null)
            calls = format.Allow(tools, several);
        else
            return generation;
        if (calls is null)
            return generation;
        unconstrained = calls.Unconstrained;
        bool isWholeAnswer = calls.TriggerTexts.Count + calls.TriggerTokens.Count == 0;
        return generation with { Grammar = calls.Grammar, GrammarTrigger = isWholeAnswer ? null : Triggers.GetValue(calls, TriggerOf) };
    }

    /// <summary>Lets an answer that has a grammar be calls instead.</summary>
    /// <param name="answer">The answer's grammar.</param>
    /// <param name="options">The request.</param>
    /// <param name="format">How the model writes calls.</param>
    /// <param name="tools">The functions.</param>
    /// <exception cref="NotSupportedException">The schema of a function cannot be kept.</exception>
    public static Grammar OrCalls(Grammar answer, ChatOptions? options, FunctionCallFormat format, IReadOnlyList<JsonElement> tools)
    {
        Grammar calls = format.Require(tools, options?.AllowMultipleToolCalls != false).Grammar;
        return Choices.GetValue(answer, static _ => []).GetValue(calls, calls => Grammar.Choice(calls, answer));
    }

    /// <summary>The functions as chat templates expect them.</summary>
    public static IReadOnlyList<JsonElement> Describe(IReadOnlyList<AIFunctionDeclaration> functions) =>
        [.. functions.Select(Describe)];

    private static GrammarTrigger TriggerOf(FunctionCallConstraint calls) => new()
    {
        Texts = calls.TriggerTexts,
        Tokens = calls.TriggerTokens,
        OnlyAtStart = calls.OnlyAtStart,
    };

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

using System.Text.Json;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AspNetCore.Requests;

/// <summary>Reads functions that a model may call, and whether it has to.</summary>
internal static class ToolFields
{
    private const int MostTools = 128;
    private const string Function = "function";
    private const string AllowedTools = "allowed_tools";
    private static readonly JsonElement NoParameters = JsonElement.Parse("""{"type": "object", "properties": {}}""");

    /// <summary>Reads <c>tools</c>, <c>tool_choice</c> and <c>parallel_tool_calls</c> into options. Of tools that the choice does not allow
    /// nothing is left.</summary>
    /// <param name="fields">The request.</param>
    /// <param name="options">The options.</param>
    /// <param name="describes">Where a tool or choice says what it is, by its type: in its field of that name, or in itself.</param>
    public static void Read(JsonFields fields, ChatOptions options, Func<JsonFields, string, JsonFields> describes)
    {
        if (fields.Objects("tools") is { Count: > 0 } tools)
        {
            RefuseMany(fields, tools);
            options.Tools = [.. tools.Select(tool => Declare(tool, describes))];
            options.AllowMultipleToolCalls = fields.Flag("parallel_tool_calls");
        }

        if (fields.Any("tool_choice") is not { } choice)
            return;
        if (choice.ValueKind == JsonValueKind.Object)
            Choose(fields, fields.RequiredObject("tool_choice"), options, describes);
        else
            options.ToolMode = Mode(fields, "tool_choice", "none, auto, required, a function or allowed tools");
        if (options.ToolMode is RequiredChatToolMode && options.Tools is not { Count: > 0 })
            throw fields.Invalid("tool_choice", "requires a call, but there are no 'tools' for it; expected functions");
    }

    private static void RefuseMany(JsonFields fields, IReadOnlyList<JsonFields> tools)
    {
        if (tools.Count > MostTools)
            throw fields.Invalid("tools", $"has {tools.Count} entries; expected at most {MostTools}");
    }

    private static AIFunctionDeclaration Declare(JsonFields tool, Func<JsonFields, string, JsonFields> describes)
    {
        JsonFields function = FunctionOf(tool, describes);
        string name = function.RequiredText("name");
        if (name.Length == 0)
            throw function.Invalid("name", "is empty; expected the name of a function");
        JsonFields? parameters = function.Object("parameters");
        if (parameters is { } schema)
            SchemaCheck.RefuseWrong(schema);
        return AIFunctionFactory.CreateDeclaration(name, function.Text("description"), parameters?.Json ?? NoParameters);
    }

    /// <summary>Reads a choice that names functions.</summary>
    private static void Choose(
        JsonFields fields, JsonFields choice, ChatOptions options, Func<JsonFields, string, JsonFields> describes)
    {
        if (choice.RequiredText("type") != AllowedTools)
        {
            string required = FunctionOf(choice, describes, "function or allowed_tools").RequiredText("name");
            RequireTool(fields, options, required);
            options.ToolMode = ChatToolMode.RequireSpecific(required);
            return;
        }

        JsonFields allowed = describes(choice, AllowedTools);
        IReadOnlyList<JsonFields> tools = allowed.Objects("tools") ?? throw allowed.Missing("tools", "a list of functions");
        RefuseMany(allowed, tools);
        HashSet<string> names = [];
        foreach (JsonFields tool in tools)
        {
            string name = FunctionOf(tool, describes).RequiredText("name");
            RequireTool(fields, options, name);
            names.Add(name);
        }

        options.Tools = [.. (options.Tools ?? []).Where(tool => names.Contains(tool.Name))];
        options.ToolMode = Mode(allowed, "mode", "auto or required");
    }

    private static ChatToolMode? Mode(JsonFields fields, string name, string expected) => fields.Text(name) switch
    {
        "none" => ChatToolMode.None,
        "auto" => ChatToolMode.Auto,
        "required" => ChatToolMode.RequireAny,
        string mode => throw fields.Invalid(name, $"is '{JsonFields.Shortened(mode)}'; expected {expected}", "invalid_value"),
        null => null,
    };

    private static void RequireTool(JsonFields fields, ChatOptions options, string name)
    {
        if (options.Tools?.Any(tool => tool.Name == name) != true)
            throw fields.Invalid("tool_choice", $"names the function '{JsonFields.Shortened(name)}', which is not among the 'tools'");
    }

    private static JsonFields FunctionOf(
        JsonFields tool, Func<JsonFields, string, JsonFields> describes, string expected = Function)
    {
        string type = tool.RequiredText("type");
        return type == Function
            ? describes(tool, Function)
            : throw tool.Invalid("type", $"is '{JsonFields.Shortened(type)}'; expected {expected}", "unsupported_value");
    }
}

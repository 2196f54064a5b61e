using System.Text.Json;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AspNetCore.Requests;

/// <summary>Reads functions that a model may call, and whether it has to.</summary>
internal static class ToolFields
{
    private const int MostTools = 128;
    private static readonly JsonElement NoParameters = JsonElement.Parse("""{"type": "object", "properties": {}}""");

    /// <summary>Reads <c>tools</c>, <c>tool_choice</c> and <c>parallel_tool_calls</c> into options.</summary>
    /// <param name="fields">The request.</param>
    /// <param name="options">The options.</param>
    /// <param name="describes">Where a tool or choice of the type <c>function</c> names and describes its function: in its own field
    /// <c>function</c>, or in itself.</param>
    public static void Read(JsonFields fields, ChatOptions options, Func<JsonFields, JsonFields> describes)
    {
        if (fields.Objects("tools") is { Count: > 0 } tools)
        {
            if (tools.Count > MostTools)
                throw fields.Invalid("tools", $"has {tools.Count} entries; expected at most {MostTools}");
            options.Tools = [.. tools.Select(tool => Function(tool, describes))];
            options.AllowMultipleToolCalls = fields.Flag("parallel_tool_calls");
        }

        options.ToolMode = Mode(fields, describes);
        if (options.ToolMode is RequiredChatToolMode required)
            RequireFunction(fields, options, required);
    }

    private static AIFunctionDeclaration Function(JsonFields tool, Func<JsonFields, JsonFields> describes)
    {
        RequireFunctionType(tool);
        JsonFields function = describes(tool);
        string name = function.RequiredText("name");
        if (name.Length == 0)
            throw function.Invalid("name", "is empty; expected the name of a function");
        JsonElement parameters = function.Object("parameters")?.Json ?? NoParameters;
        return AIFunctionFactory.CreateDeclaration(name, function.Text("description"), parameters);
    }

    private static ChatToolMode? Mode(JsonFields fields, Func<JsonFields, JsonFields> describes)
    {
        if (fields.Any("tool_choice") is not { } choice)
            return null;
        if (choice.ValueKind == JsonValueKind.Object)
        {
            JsonFields named = fields.RequiredObject("tool_choice");
            RequireFunctionType(named);
            string name = describes(named).RequiredText("name");
            return name.Length > 0
                ? ChatToolMode.RequireSpecific(name)
                : throw fields.Invalid("tool_choice", "names no function; expected the name of one of the tools");
        }

        return fields.Text("tool_choice") switch
        {
            "none" => ChatToolMode.None,
            "auto" => ChatToolMode.Auto,
            "required" => ChatToolMode.RequireAny,
            string mode => throw fields.Invalid("tool_choice",
                $"is '{JsonFields.Shortened(mode)}'; expected none, auto, required or a function", "invalid_value"),
            null => null,
        };
    }

    private static void RequireFunction(JsonFields fields, ChatOptions options, RequiredChatToolMode required)
    {
        if (options.Tools is not { Count: > 0 } tools)
            throw fields.Invalid("tool_choice", "requires a call, but there are no 'tools'; expected functions");
        if (required.RequiredFunctionName is { } name && tools.All(tool => tool.Name != name))
            throw fields.Invalid("tool_choice", $"requires the function '{JsonFields.Shortened(name)}', which is not among the 'tools'");
    }

    private static void RequireFunctionType(JsonFields tool)
    {
        string type = tool.RequiredText("type");
        if (type != "function")
            throw tool.Invalid("type", $"is '{JsonFields.Shortened(type)}'; expected function", "unsupported_value");
    }
}

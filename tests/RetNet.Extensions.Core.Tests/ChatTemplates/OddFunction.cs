using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.Core.Tests.ChatTemplates;

/// <summary>A function <c>odd</c> with a parameter <c>x</c>, in a format that writes arguments one by one.</summary>
internal static class OddFunction
{
    /// <summary>What stands before the parameter's text in a call.</summary>
    public const string Before = "<tool_call>\n<function=odd>\n<parameter=x>\n";

    /// <summary>What stands after it.</summary>
    public const string After = "\n</parameter>\n</function>\n</tool_call>";

    public static FunctionCallFormat Format { get; } = CallTemplates.Learn("xml");

    /// <summary>The function.</summary>
    /// <param name="schema">The parameter's schema.</param>
    public static JsonElement Tool(string schema) => JsonElement.Parse(
        $$"""{"name": "odd", "parameters": {"type": "object", "properties": {"x": {{schema}} }, "required": ["x"]} }""");
}

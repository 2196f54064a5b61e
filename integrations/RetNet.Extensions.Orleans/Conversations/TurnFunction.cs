using System.Text.Json;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>The declaration of a function, as it travels.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Parameters">The JSON schema of its parameters.</param>
/// <param name="Returns">The JSON schema of what it returns; null for none.</param>
[GenerateSerializer, Immutable, Alias("RetNet.TurnFunction")]
internal sealed record TurnFunction(
    [property: Id(0)] string Name, [property: Id(1)] string Description, [property: Id(2)] string Parameters,
    [property: Id(3)] string? Returns)
{
    /// <exception cref="NotSupportedException">The tool is no function.</exception>
    public static TurnFunction From(AITool tool) => tool is AIFunctionDeclaration function
        ? new TurnFunction(
            function.Name, function.Description, function.JsonSchema.GetRawText(), function.ReturnJsonSchema?.GetRawText())
        : throw new NotSupportedException(
            $"{nameof(ChatOptions.Tools)} has the tool '{tool.Name}' of type {tool.GetType().Name}; expected functions only.");

    public AIFunctionDeclaration ToDeclaration() => AIFunctionFactory.CreateDeclaration(
        Name, Description, JsonElement.Parse(Parameters), Returns is null ? null : JsonElement.Parse(Returns));
}

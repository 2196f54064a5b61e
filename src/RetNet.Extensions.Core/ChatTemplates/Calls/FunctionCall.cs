using System.Text.Json;

namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>A call of a function that a model wrote.</summary>
/// <param name="Id">What the function's result refers to: the id that the model wrote, otherwise a new one of nine letters and digits,
/// which every family's template accepts.</param>
/// <param name="Name">The function's name.</param>
/// <param name="Arguments">A JSON object: the arguments by parameter.</param>
public sealed record FunctionCall(string Id, string Name, JsonElement Arguments)
{
    /// <summary>The call as messages of chat templates have it (<see cref="ChatTemplateMessage.ToolCalls"/>):
    /// <c>{"type":"function","id":…,"function":{"name":…,"arguments":{…}}}</c>.</summary>
    /// <returns>A JSON object.</returns>
    public JsonElement ToJson() => CallJson.Write(Id, Name, Arguments);
}

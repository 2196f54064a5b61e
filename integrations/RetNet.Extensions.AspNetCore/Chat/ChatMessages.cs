using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AspNetCore.Errors;
using RetNet.Extensions.AspNetCore.Requests;

namespace RetNet.Extensions.AspNetCore.Chat;

/// <summary>Reads the messages of a chat.</summary>
internal static class ChatMessages
{
    /// <summary>The messages, with the names of the functions whose results they have.</summary>
    public static List<ChatMessage> Read(JsonFields fields)
    {
        if (fields.Any("messages") is null)
            throw fields.Missing("messages", "a list of messages");
        IReadOnlyList<JsonFields> items = fields.Objects("messages")!;
        if (items.Count == 0)
            throw fields.Invalid("messages", "is empty; expected at least one message");
        return [.. items.Select(ReadOne)];
    }

    private static ChatMessage ReadOne(JsonFields message)
    {
        ChatMessage read = message.RequiredText("role") switch
        {
            "system" or "developer" => new ChatMessage(ChatRole.System, Content(message)),
            "user" => new ChatMessage(ChatRole.User, Content(message)),
            "assistant" => new ChatMessage(ChatRole.Assistant, Answer(message)),
            "tool" => new ChatMessage(ChatRole.Tool, [Result(message)]),
            string role => throw message.Invalid("role",
                $"is '{JsonFields.Shortened(role)}'; expected system, developer, user, assistant or tool", "invalid_value"),
        };
        read.AuthorName = message.Text("name");
        return read;
    }

    private static List<AIContent> Content(JsonFields message) => Parts(message) is { Count: > 0 } parts
        ? parts
        : throw message.Missing("content", "a text or a list of parts");

    private static List<AIContent> Answer(JsonFields message)
    {
        List<AIContent> contents = [];
        if (message.Text("reasoning_content") is { Length: > 0 } thought)
            contents.Add(new TextReasoningContent(thought));
        contents.AddRange(Parts(message));
        if (message.Text("refusal") is { Length: > 0 } refusal)
            contents.Add(new TextContent(refusal));
        contents.AddRange((message.Objects("tool_calls") ?? []).Select(Call));
        return contents.Count > 0 ? contents : throw message.Missing("content", "a text, or 'tool_calls'");
    }

    private static FunctionCallContent Call(JsonFields call)
    {
        if (call.Text("type") is { } type and not "function")
            throw call.Invalid("type", $"is '{JsonFields.Shortened(type)}'; expected function", "unsupported_value");
        JsonFields function = call.RequiredObject("function");
        string arguments = function.Text("arguments") ?? "";
        return new FunctionCallContent(call.RequiredText("id"), function.RequiredText("name"), Arguments(function, arguments));
    }

    /// <summary>The arguments of a call, which the field <c>arguments</c> has as the text of a JSON object.</summary>
    public static Dictionary<string, object?> Arguments(JsonFields function, string text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return [];
        try
        {
            JsonElement json = JsonElement.Parse(text, JsonBody.TextOptions);
            if (json.ValueKind == JsonValueKind.Object)
            {
                // A model may have written an argument twice, of which the last counts: its calls come back as they are.
                Dictionary<string, object?> arguments = [];
                foreach (JsonProperty argument in json.EnumerateObject())
                    arguments[argument.Name] = argument.Value;
                return arguments;
            }

            throw function.Invalid("arguments", $"is the text of {JsonFields.Describe(json)}; expected that of a JSON object");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw OpenAIException.Invalid($"'{function.PathOf("arguments")}' is not valid JSON: {exception.Message}",
                function.PathOf("arguments"), inner: exception);
        }
    }

    private static FunctionResultContent Result(JsonFields message) =>
        new(message.RequiredText("tool_call_id"), string.Concat(Parts(message).OfType<TextContent>().Select(part => part.Text)));

    private static List<AIContent> Parts(JsonFields message)
    {
        if (message.Any("content") is not { } content)
            return [];
        if (content.ValueKind == JsonValueKind.String)
            return [new TextContent(content.GetString())];
        if (content.ValueKind != JsonValueKind.Array)
            throw message.Wrong("content", content, "a text or a list of parts");
        return [.. message.Objects("content")!.Select(Part)];
    }

    private static TextContent Part(JsonFields part) => part.RequiredText("type") switch
    {
        "text" => new TextContent(part.RequiredText("text")),
        "refusal" => new TextContent(part.RequiredText("refusal")),
        "image_url" or "input_audio" or "file" => throw part.Invalid("type",
            $"is '{part.Text("type")}', but this server reads text only; expected text", "unsupported_content"),
        string type => throw part.Invalid("type", $"is '{JsonFields.Shortened(type)}'; expected text", "invalid_value"),
    };
}

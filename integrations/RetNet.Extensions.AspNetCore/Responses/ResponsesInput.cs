using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AspNetCore.Chat;
using RetNet.Extensions.AspNetCore.Errors;
using RetNet.Extensions.AspNetCore.Requests;

namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>Reads the input of a request: a text, or messages, calls of functions, their results, reasoning, and references to such
/// items.</summary>
internal sealed class ResponsesInput
{
    private readonly List<ChatMessage> _messages = [];
    private readonly List<JsonElement> _items = [];

    private readonly string _response;

    private ResponsesInput(string response) => _response = response;

    /// <summary>The messages. What the model wrote in one go is one message, and so are results that follow one another.</summary>
    public IReadOnlyList<ChatMessage> Messages => _messages;

    /// <summary>The items as the API tells them later: each with an id, and its text in parts.</summary>
    public IReadOnlyList<JsonElement> Items => _items;

    /// <summary>The place of the first image; null without one.</summary>
    public string? Image { get; private set; }

    /// <summary>Reads the field <c>input</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="response">The id of its response.</param>
    /// <param name="referred">The items that it refers to, by their ids.</param>
    /// <exception cref="OpenAIException">There is none, it is empty without an earlier response, or an item is not understood.</exception>
    public static ResponsesInput Read(JsonFields request, string response, IReadOnlyDictionary<string, JsonElement> referred)
    {
        ResponsesInput input = new(response);
        if (request.Any("input") is { ValueKind: JsonValueKind.String } text)
        {
            JsonObject message = new() { ["role"] = "user", ["content"] = JsonValue.Create(text) };
            input.Add(new JsonFields(JsonElement.Parse(message.ToJsonString()), "input"));
        }
        else
        {
            foreach (JsonFields item in request.Objects("input") ?? throw request.Missing("input", "a text or a list of items"))
                input.Add(ItemReferences.IsReference(item) ? item.With(referred[item.RequiredText("id")]) : item);
        }

        return input._items.Count > 0 || request.Text("previous_response_id") is not null
            ? input
            : throw request.Invalid("input", "is empty; expected at least one item, or 'previous_response_id'");
    }

    private void Add(JsonFields item)
    {
        string type = item.Text("type") ?? (item.Any("role") is null ? item.RequiredText("type") : "message");
        switch (type)
        {
            case "message":
                AddMessage(item);
                break;
            case "function_call":
                AssistantMessage(startsAnswer: false).Contents.Add(new FunctionCallContent(
                    item.RequiredText("call_id"), item.RequiredText("name"),
                    ChatMessages.Arguments(item, item.RequiredText("arguments"))));
                break;
            case "function_call_output":
                if (_messages is not [.., { } last] || last.Role != ChatRole.Tool)
                    _messages.Add(last = new ChatMessage(ChatRole.Tool, (IList<AIContent>)[]));
                last.Contents.Add(new FunctionResultContent(item.RequiredText("call_id"), JoinTexts(item, "output")));
                break;
            case "reasoning":
                string thought = JoinTexts(item, "content") is { Length: > 0 } whole ? whole : JoinTexts(item, "summary");
                if (thought.Length > 0)
                    AssistantMessage(startsAnswer: true).Contents.Add(new TextReasoningContent(thought));
                break;
            default:
                throw item.Invalid("type", $"is '{JsonFields.Shortened(type)}'; expected message, function_call, function_call_output, "
                    + "reasoning or item_reference", "unsupported_value");
        }

        _items.Add(Listed(item, type));
    }

    private void AddMessage(JsonFields item)
    {
        string role = item.RequiredText("role");
        ChatMessage message;
        if (role == "assistant")
            message = AssistantMessage(startsAnswer: _messages is not [.., { Contents: [TextReasoningContent] }]);
        else
            _messages.Add(message = new ChatMessage(Role(role, item), (IList<AIContent>)[]));
        if (item.Any("content") is { ValueKind: JsonValueKind.String } text)
        {
            message.Contents.Add(new TextContent(text.GetString()));
            return;
        }

        foreach (JsonFields part in item.Objects("content") ?? throw item.Missing("content", "a text or a list of parts"))
            message.Contents.Add(Part(part));
    }

    private static ChatRole Role(string role, JsonFields item) => role switch
    {
        "user" => ChatRole.User,
        "system" or "developer" => ChatRole.System,
        _ => throw item.Invalid("role", $"is '{JsonFields.Shortened(role)}'; expected user, assistant, system or developer",
            "unsupported_value"),
    };

    private AIContent Part(JsonFields part)
    {
        string type = part.RequiredText("type");
        switch (type)
        {
            case "input_text" or "output_text" or "text":
                return new TextContent(part.RequiredText("text"));
            case "refusal":
                return new TextContent(part.RequiredText("refusal"));
            case "input_image":
                Image ??= part.PathOf("type");
                return ReadImage(part);
            default:
                throw part.Invalid("type", $"is '{JsonFields.Shortened(type)}'; expected input_text, output_text, refusal or input_image",
                    "unsupported_value");
        }
    }

    private static AIContent ReadImage(JsonFields part)
    {
        string url = part.RequiredText("image_url");
        try
        {
            return url.StartsWith("data:", StringComparison.OrdinalIgnoreCase)
                ? new DataContent(url)
                : new UriContent(new Uri(url, UriKind.Absolute), "image/*");
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            throw part.Invalid("image_url",
                $"is '{JsonFields.Shortened(url)}'; expected a URL, or data as data:image/png;base64,DATA", "invalid_value");
        }
    }

    /// <summary>The message of the model that an item belongs to.</summary>
    private ChatMessage AssistantMessage(bool startsAnswer)
    {
        if (!startsAnswer && _messages is [.., { } last] && last.Role == ChatRole.Assistant)
            return last;
        ChatMessage message = new(ChatRole.Assistant, (IList<AIContent>)[]);
        _messages.Add(message);
        return message;
    }

    /// <summary>The text of a field that is one, or has parts with texts; empty without the field.</summary>
    private static string JoinTexts(JsonFields item, string name)
    {
        if (item.Any(name) is { ValueKind: JsonValueKind.String } text)
            return text.GetString()!;
        StringBuilder joined = new();
        foreach (JsonFields part in item.Objects(name) ?? [])
            joined.Append(part.RequiredText("text"));
        return joined.ToString();
    }

    private JsonElement Listed(JsonFields item, string type)
    {
        JsonObject listed = JsonObject.Create(item.Json)!;
        listed["type"] = type;
        string kind = type switch
        {
            "message" => "msg",
            "function_call" => "fc",
            "function_call_output" => "fco",
            _ => "rs",
        };
        listed["id"] = item.Text("id") ?? ResponseIds.OfItem(kind, _response, $"in{_items.Count}");
        listed["status"] = item.Text("status") ?? ResponseObject.Completed;
        if (type is "message" or "reasoning" && item.Any("content") is { ValueKind: JsonValueKind.String } text)
        {
            JsonObject part = new() { ["text"] = JsonValue.Create(text) };
            part["type"] = type == "reasoning" ? ResponsePart.ReasoningText
                : item.Text("role") == "assistant" ? ResponsePart.OutputText : "input_text";
            if (item.Text("role") == "assistant")
                part["annotations"] = new JsonArray();
            listed["content"] = new JsonArray(part);
        }

        return JsonElement.Parse(listed.ToJsonString());
    }
}

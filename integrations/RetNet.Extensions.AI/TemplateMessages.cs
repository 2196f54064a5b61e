using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Answers;
using RetNet.Extensions.AI.Requests;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.AI;

/// <summary>Translates chat messages into those of chat templates.</summary>
internal static class TemplateMessages
{
    // A role is the same in any case, but templates compare letters.
    private static readonly ChatRole[] Roles = [ChatRole.System, ChatRole.User, ChatRole.Assistant, ChatRole.Tool];

    // The role of system messages in newer APIs.
    private static readonly ChatRole Developer = new("developer");

    /// <summary>Appends messages to a conversation; each result of a function becomes a message of its own, and a developer's message one
    /// of the system.</summary>
    /// <remarks>Errors, approvals and contents of unknown kinds have no place in a prompt and are left out; a message of nothing else is
    /// left out whole.</remarks>
    /// <exception cref="NotSupportedException">A message has an image, a file or other data, or arguments or a result that JSON cannot
    /// hold.</exception>
    /// <exception cref="ArgumentException">A message or a content is null.</exception>
    public static void Append(IEnumerable<ChatMessage> messages, List<ChatTemplateMessage> conversation)
    {
        Dictionary<string, string?> functions = [];
        foreach (ChatTemplateMessage earlier in conversation)
            AddNames(earlier.ToolCalls, functions);
        foreach ((int place, ChatMessage? given) in messages.Index())
        {
            ChatMessage message = MessageChecks.Require(given, place);
            StringBuilder text = new();
            StringBuilder reasoning = new();
            List<FunctionCallContent> calls = [];
            List<FunctionResultContent> results = [];
            int unread = 0;
            foreach (AIContent content in message.Contents)
            {
                switch (content)
                {
                    case TextContent part:
                        text.Append(part.Text);
                        break;
                    case TextReasoningContent part:
                        reasoning.Append(part.Text);
                        break;
                    case FunctionCallContent call:
                        calls.Add(call);
                        break;
                    case FunctionResultContent result:
                        results.Add(result);
                        break;
                    case DataContent or UriContent or HostedFileContent:
                        throw new NotSupportedException(
                            $"A message of the {message.Role} has {content.GetType().Name}; expected text, reasoning, function calls or "
                                + "function results.");
                    default:
                        unread++;
                        break;
                }
            }

            bool isUnread = unread > 0 && unread == message.Contents.Count;
            if (text.Length > 0 || calls.Count > 0 || (results.Count == 0 && !isUnread))
            {
                List<JsonElement>? described = Describe(calls);
                AddNames(described, functions);
                conversation.Add(new ChatTemplateMessage(RoleOf(message), text.ToString())
                {
                    Name = message.AuthorName,
                    Reasoning = reasoning.Length > 0 ? reasoning.ToString() : null,
                    ToolCalls = described,
                });
            }

            foreach (FunctionResultContent result in results)
            {
                conversation.Add(new ChatTemplateMessage(ChatRole.Tool.Value, ResultText(result, functions))
                {
                    Name = functions.GetValueOrDefault(result.CallId),
                    ToolCallId = result.CallId,
                });
            }
        }
    }

    /// <summary>The conversation with instructions as its system message, or at the start of its existing one, because templates accept a
    /// single system message.</summary>
    public static IReadOnlyList<ChatTemplateMessage> WithInstructions(string? instructions, IReadOnlyList<ChatTemplateMessage> conversation)
    {
        if (string.IsNullOrEmpty(instructions))
            return conversation;
        string system = ChatRole.System.Value;
        return conversation is [{ } first, ..] && first.Role == system
            ? [first with { Content = $"{instructions}\n\n{first.Content}" }, .. conversation.Skip(1)]
            : [new ChatTemplateMessage(system, instructions), .. conversation];
    }

    /// <summary>The message that the model wrote.</summary>
    public static ChatTemplateMessage Answer(AnswerReader answer) => new(ChatRole.Assistant.Value, answer.Said)
    {
        Reasoning = answer.Thought.Length > 0 ? answer.Thought : null,
        ToolCalls = Describe(answer.Calls),
    };

    private static string RoleOf(ChatMessage message)
    {
        ChatRole role = message.Role == Developer ? ChatRole.System : message.Role;
        int known = Array.IndexOf(Roles, role);
        return known < 0 ? role.Value : Roles[known].Value;
    }

    private static List<JsonElement>? Describe(IReadOnlyList<FunctionCallContent> calls) =>
        calls.Count > 0 ? [.. calls.Select(Describe)] : null;

    private static JsonElement Describe(FunctionCallContent call)
    {
        JsonObject function = new()
        {
            ["name"] = call.Name,
            ["arguments"] = Write(AnyJson.ToNode, call.Arguments, "The arguments", call.Name, call.CallId) ?? new JsonObject(),
        };
        return AnyJson.ToElement(new JsonObject { ["type"] = "function", ["id"] = call.CallId, ["function"] = function });
    }

    private static string ResultText(FunctionResultContent result, Dictionary<string, string?> functions) => result.Result switch
    {
        null => result.Exception?.Message ?? "",
        var value => Write(AnyJson.ToReadText, value, "The result", functions.GetValueOrDefault(result.CallId), result.CallId),
    };

    /// <summary>Writes what a call has, whatever type that is.</summary>
    private static TJson Write<TValue, TJson>(Func<TValue, TJson> write, TValue value, string what, string? function, string call)
    {
        try
        {
            return write(value);
        }
        catch (Exception exception) when (AnyJson.IsRefusal(exception))
        {
            throw new NotSupportedException($"{what} of function '{function}', call '{call}', of type {value?.GetType().Name}, cannot be "
                + $"written as JSON: {exception.Message} Expected a text, contents, messages, or an object that JSON can hold.", exception);
        }
    }

    /// <summary>Adds the names of called functions by the ids of their calls; of calls with the same id the last one counts.</summary>
    private static void AddNames(IReadOnlyList<JsonElement>? calls, Dictionary<string, string?> functions)
    {
        foreach (JsonElement call in calls ?? [])
            functions[call.GetProperty("id").GetString()!] = call.GetProperty("function").GetProperty("name").GetString();
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary>Reads dialogues that a model learns by heart.</summary>
/// <remarks>
/// A block of lines is a dialogue; empty lines are between blocks, and lines that begin with # are comments. A line begins with what it is:
/// <c>function</c> (a signature, for all dialogues), <c>tools</c> (names of offered functions, set apart by spaces), <c>system</c>,
/// <c>user</c>, <c>assistant</c>, <c>call</c> (name and arguments; several lines are calls of one message) or <c>result</c>. In it
/// <c>\n</c> is a line break.
/// Results are learned in two ways, as they are and as a JSON string: frameworks hand over either.
/// </remarks>
internal static class DialogueFile
{
    public static List<Conversation> Read(string path)
    {
        Dictionary<string, string> functions = [];
        List<Conversation> conversations = [];
        foreach (string block in File.ReadAllText(path).ReplaceLineEndings("\n").Split("\n\n"))
        {
            (string Kind, string Text)[] lines = [.. block.Split('\n').Where(line => line.Contains(": ") && line[0] != '#')
                .Select(line => (line[..line.IndexOf(':')], line[(line.IndexOf(':') + 2)..].Replace("\\n", "\n")))];
            foreach ((_, string text) in lines.Where(line => line.Kind == "function"))
                functions[Signature.Name(text)] = text;
            if (!lines.Any(line => line.Kind == "user"))
                continue;
            JsonElement[] tools = [.. lines.Where(line => line.Kind == "tools").SelectMany(line => line.Text.Split(' '))
                .Select(name => Signature.Tool(functions[name]))];
            conversations.Add(new Conversation(tools, Messages(lines, result => result)));
            if (lines.Any(line => line.Kind == "result"))
                conversations.Add(new Conversation(tools, Messages(lines, result => JsonSerializer.Serialize(result))));
        }

        return conversations;
    }

    private static List<ChatTemplateMessage> Messages((string Kind, string Text)[] lines, Func<string, string> result)
    {
        List<ChatTemplateMessage> messages = [];
        List<FunctionCall> calls = [];
        foreach ((string kind, string text) in lines)
        {
            if (kind == "call")
            {
                int end = text.IndexOf(' ', StringComparison.Ordinal);
                calls.Add(new FunctionCall(text[..end], JsonNode.Parse(text[end..])!.AsObject()));
                continue;
            }

            if (calls.Count > 0)
                messages.Add(Conversation.Calling(calls));
            calls.Clear();
            if (kind == "result")
                messages.Add(new ChatTemplateMessage("tool", result(text)));
            else if (kind is "system" or "user" or "assistant")
                messages.Add(new ChatTemplateMessage(kind, text));
        }

        return calls.Count > 0 ? [.. messages, Conversation.Calling(calls)] : messages;
    }
}

using RetNet.Extensions.Core.ChatTemplates.Jinja;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>Messages as a template sees them.</summary>
internal static class ChatTemplateInput
{
    /// <param name="message">The message.</param>
    /// <param name="origin">Where its texts come from.</param>
    /// <param name="readsThinking">Whether the template reads reasoning from the field <c>thinking</c>.</param>
    /// <exception cref="ArgumentException">The role is not a word.</exception>
    public static TemplateMap Message(ChatTemplateMessage message, TextOrigin origin, bool readsThinking)
    {
        TemplateMap map = new();
        // Templates build control tokens from the role ('<|' + role + '|>'), so it counts as template text and may only be a word.
        map.Set("role", Word(message.Role, "role"));
        map.Set("content", message.IsContentNull ? null
            : message.Parts is { } parts ? parts.Select(object? (part) => Part(part, origin)).ToList()
            : message.MarkedContent ?? MarkedText.From(origin, message.Content));
        if (message.Tools is not null)
            map.Set("tools", MarkedText.From(origin, message.Tools));
        if (message.ToolCalls is not null)
            map.Set("tool_calls", message.ToolCalls.Select(call => TemplateJson.Read(call, origin)).ToList());
        if (message.Name is not null)
            map.Set("name", MarkedText.From(origin, message.Name));
        if (message.ToolCallId is not null)
            map.Set("tool_call_id", MarkedText.From(origin, message.ToolCallId));
        if (message.Reasoning is not null)
            map.Set("reasoning_content", MarkedText.From(origin, message.Reasoning));
        if (message.Reasoning is not null && readsThinking)
            map.Set("thinking", MarkedText.From(origin, message.Reasoning));
        return map;
    }

    private static TemplateMap Part(ChatTemplatePart part, TextOrigin origin)
    {
        TemplateMap map = new();
        map.Set("type", Word(part.Type, "type of a part"));
        if (part.Text is not null)
            map.Set("text", MarkedText.From(origin, part.Text));
        return map;
    }

    private static MarkedText Word(string text, string what) =>
        text.Length > 0 && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-' or '.')
            ? MarkedText.Trusted(text)
            : throw new ArgumentException($"The {what} \"{text}\" is not a word of letters, digits, '_', '-' and '.'.", "message");
}

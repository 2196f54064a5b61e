using RetNet.Extensions.Core.ChatTemplates.Jinja;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>Messages as a template sees them.</summary>
internal static class ChatTemplateInput
{
    /// <param name="message">The message.</param>
    /// <param name="origin">Where its texts come from.</param>
    /// <exception cref="ArgumentException">The role is not a word.</exception>
    public static TemplateMap Message(ChatTemplateMessage message, TextOrigin origin)
    {
        TemplateMap map = new();
        // Templates build control tokens from the role ('<|' + role + '|>'), so it counts as template text and may only be a word.
        if (message.Role.Length == 0 || !message.Role.All(character => char.IsAsciiLetterOrDigit(character)
            || character is '_' or '-' or '.'))
        {
            throw new ArgumentException($"The role \"{message.Role}\" is not a word of letters, digits, '_', '-' and '.'.",
                nameof(message));
        }

        map.Set("role", MarkedText.Trusted(message.Role));
        map.Set("content", message.IsContentNull ? null : MarkedText.From(origin, message.Content));
        if (message.ToolCalls is not null)
            map.Set("tool_calls", message.ToolCalls.Select(call => TemplateJson.Read(call, origin)).ToList());
        if (message.Name is not null)
            map.Set("name", MarkedText.From(origin, message.Name));
        if (message.ToolCallId is not null)
            map.Set("tool_call_id", MarkedText.From(origin, message.ToolCallId));
        if (message.Reasoning is not null)
            map.Set("reasoning_content", MarkedText.From(origin, message.Reasoning));
        return map;
    }
}

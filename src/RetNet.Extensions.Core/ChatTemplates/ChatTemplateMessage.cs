using System.Text.Json;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>One message of a conversation, as chat templates see it.</summary>
/// <param name="Role">The role of the speaker: <c>system</c>, <c>user</c>, <c>assistant</c>, <c>tool</c> … The program's own word: letters,
/// digits, <c>_</c>, <c>-</c> and <c>.</c> only.</param>
/// <param name="Content">What is said; never taken for control tokens.</param>
public sealed record ChatTemplateMessage(string Role, string Content)
{
    /// <summary>The content as a list of parts, for templates that expect one; the template then sees it instead of
    /// <see cref="Content"/>. Null, as usual, for a string; a template that reads lists only is given one all the same.</summary>
    public IReadOnlyList<ChatTemplatePart>? Parts { get; init; }

    /// <summary>The functions that an assistant's message calls, in the model's format:
    /// <c>{"type":"function","function":{"name":…,"arguments":{…}}}</c>.</summary>
    public IReadOnlyList<JsonElement>? ToolCalls { get; init; }

    /// <summary>The name of the speaker or of the tool that answers, for templates that use one.</summary>
    public string? Name { get; init; }

    /// <summary>The id of the call that a tool's message answers.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>An assistant's reasoning before its answer, for templates that use it (<c>reasoning_content</c>, and <c>thinking</c>
    /// where they read a field of that name).</summary>
    public string? Reasoning { get; init; }

    /// <summary>The content with the control tokens that the program itself writes in it, such as those of calls, instead of
    /// <see cref="Content"/>; null for none.</summary>
    internal MarkedText? MarkedContent { get; init; }

    /// <summary>Descriptions of functions as JSON, for templates that read them from the system message.</summary>
    internal string? Tools { get; init; }

    /// <summary>Whether the template sees no content at all (<c>none</c>) instead of <see cref="Content"/>.</summary>
    internal bool IsContentNull { get; init; }

    /// <summary>Whether it sets the conversation up instead of taking part in it.</summary>
    internal bool IsSystem => Role == "system";
}

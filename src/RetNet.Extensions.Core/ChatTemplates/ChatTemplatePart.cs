namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>One part of a message's content, for templates that expect a list of parts:
/// <c>{"type": "text", "text": …}</c>.</summary>
/// <param name="Type">What the part is: <c>text</c>, <c>image</c> … The program's own word: letters, digits, <c>_</c>, <c>-</c> and
/// <c>.</c> only.</param>
/// <param name="Text">What it says, of a part of type <c>text</c>; never taken for control tokens. Null for a part without text.</param>
public sealed record ChatTemplatePart(string Type, string? Text = null);

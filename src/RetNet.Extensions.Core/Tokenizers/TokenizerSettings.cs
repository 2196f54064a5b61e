using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers;

/// <summary>What is read of the files beside a tokenizer.json: the names of three tokens and the texts of chat templates.</summary>
/// <param name="BeginningOfSequence"><c>bos_token</c> of tokenizer_config.json.</param>
/// <param name="EndOfSequence"><c>eos_token</c>.</param>
/// <param name="Padding"><c>pad_token</c>.</param>
/// <param name="ConfiguredTemplate"><c>chat_template</c>; of several the one named "default", or null.</param>
/// <param name="ConfiguredToolTemplate">The one named "tool_use" of several.</param>
internal sealed record TokenizerSettings(
    string? BeginningOfSequence, string? EndOfSequence, string? Padding, TemplateText? ConfiguredTemplate,
    TemplateText? ConfiguredToolTemplate)
{
    public static readonly TokenizerSettings None = new(null, null, null, null, null);

    /// <summary>Content of chat_template.jinja.</summary>
    public TemplateText? TemplateFile { get; private init; }

    /// <summary>Content of additional_chat_templates/tool_use.jinja.</summary>
    public TemplateText? ToolTemplateFile { get; private init; }

    /// <summary>Reads the files beside a tokenizer.json; an empty content stands for a missing file.</summary>
    /// <param name="documents">The model's documents.</param>
    /// <param name="folder">Its folder, for messages.</param>
    public static TokenizerSettings Parse(ModelDocuments documents, string folder)
    {
        TokenizerSettings settings = documents.TokenizerConfiguration.IsEmpty
            ? None
            : TokenizerReader.ReadDocument(documents.TokenizerConfiguration, $"{folder}/{FileNames.TokenizerConfiguration}", Read);
        return settings with
        {
            TemplateFile = Text(documents.ChatTemplate, $"{folder}/{FileNames.ChatTemplate}"),
            ToolTemplateFile = Text(documents.ToolChatTemplate, $"{folder}/{FileNames.ToolChatTemplate}"),
        };
    }

    private static TemplateText? Text(ReadOnlyMemory<byte> content, string source) =>
        content.IsEmpty ? null : new TemplateText(Encoding.UTF8.GetString(content.Span), source);

    private static TokenizerSettings Read(JsonPart root)
    {
        TokenizerSettings settings = None with
        {
            BeginningOfSequence = TokenName(root, "bos_token"),
            EndOfSequence = TokenName(root, "eos_token"),
            Padding = TokenName(root, "pad_token"),
        };
        if (root.Member("chat_template") is not { } template)
            return settings;
        if (template.Element.ValueKind != JsonValueKind.Array)
            return settings with { ConfiguredTemplate = new TemplateText(template.Text(), root.FileName) };
        return settings with
        {
            ConfiguredTemplate = Named(template, "default"),
            ConfiguredToolTemplate = Named(template, "tool_use"),
        };
    }

    /// <summary>A token is named by a string, or by an object with its content.</summary>
    private static string? TokenName(JsonPart root, string name)
    {
        if (root.Member(name) is not { } token)
            return null;
        return token.Element.ValueKind == JsonValueKind.Object ? token.Required("content").Text() : token.Text();
    }

    /// <summary>One of several templates; null if there is none of the name.</summary>
    private static TemplateText? Named(JsonPart templates, string name) => templates.Items()
        .Where(template => template.Required("name").Text() == name)
        .Select(template => new TemplateText(template.Required("template").Text(), template.FileName))
        .FirstOrDefault();
}

/// <summary>The text of a chat template.</summary>
/// <param name="Text">Jinja.</param>
/// <param name="Source">The file that it comes from.</param>
internal sealed record TemplateText(string Text, string Source);

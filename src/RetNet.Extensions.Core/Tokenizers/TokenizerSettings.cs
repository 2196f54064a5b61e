using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers;

/// <summary>What is read of the files beside a tokenizer.json: the names of three tokens and the texts of chat templates.</summary>
/// <param name="BeginningOfSequence"><c>bos_token</c> of tokenizer_config.json.</param>
/// <param name="EndOfSequence"><c>eos_token</c>.</param>
/// <param name="Padding"><c>pad_token</c>.</param>
/// <param name="ConfiguredTemplate"><c>chat_template</c>.</param>
internal sealed record TokenizerSettings(
    string? BeginningOfSequence, string? EndOfSequence, string? Padding, TemplateText? ConfiguredTemplate)
{
    public static readonly TokenizerSettings None = new(null, null, null, null);

    private const string ConfigFile = "tokenizer_config.json";
    private const string TemplateFileName = "chat_template.jinja";

    /// <summary>Content of chat_template.jinja.</summary>
    public TemplateText? TemplateFile { get; private init; }

    /// <summary>Reads the files beside a tokenizer.json; an empty content stands for a missing file.</summary>
    public static TokenizerSettings Parse(ReadOnlyMemory<byte> config, ReadOnlyMemory<byte> template, string folder)
    {
        TokenizerSettings settings = config.IsEmpty ? None : TokenizerReader.ReadDocument(config, $"{folder}/{ConfigFile}", Read);
        return template.IsEmpty
            ? settings
            : settings with { TemplateFile = new TemplateText(Encoding.UTF8.GetString(template.Span), $"{folder}/{TemplateFileName}") };
    }

    private static TokenizerSettings Read(JsonPart root) => new(
        TokenName(root, "bos_token"), TokenName(root, "eos_token"), TokenName(root, "pad_token"),
        root.Member("chat_template") is { } template ? new TemplateText(Template(template), root.FileName) : null);

    /// <summary>A token is named by a string, or by an object with its content.</summary>
    private static string? TokenName(JsonPart root, string name)
    {
        if (root.Member(name) is not { } token)
            return null;
        return token.Element.ValueKind == JsonValueKind.Object ? token.Required("content").Text() : token.Text();
    }

    /// <summary>One template, or several with names, of which "default" is taken.</summary>
    private static string Template(JsonPart part)
    {
        if (part.Element.ValueKind != JsonValueKind.Array)
            return part.Text();
        foreach (JsonPart named in part.Items())
        {
            if (named.Required("name").Text() == "default")
                return named.Required("template").Text();
        }

        throw part.Unexpected("a template named \"default\"");
    }
}

/// <summary>The text of a chat template.</summary>
/// <param name="Text">Jinja.</param>
/// <param name="Source">The file that it comes from.</param>
internal sealed record TemplateText(string Text, string Source);

using System.Text.Json;

namespace RetNet.Extensions.Core.Tokenizers;

/// <summary>The part of tokenizer_config.json that is read: the names of three tokens and the chat template.</summary>
internal sealed record TokenizerSettings(
    string? BeginningOfSequence, string? EndOfSequence, string? Padding, string? ChatTemplate, string Source)
{
    public static readonly TokenizerSettings None = new(null, null, null, null, "");

    private const string ConfigFile = "tokenizer_config.json";
    private const string TemplateFile = "chat_template.jinja";

    /// <summary>Reads the files beside a tokenizer.json, where they exist. A chat_template.jinja wins over the configuration's
    /// template.</summary>
    public static TokenizerSettings Load(string folder)
    {
        TokenizerSettings settings = None;
        string config = Path.Combine(folder, ConfigFile);
        if (File.Exists(config))
            settings = TokenizerReader.ReadDocument(TokenizerReader.ReadFile(config), config, Read);
        string template = Path.Combine(folder, TemplateFile);
        return File.Exists(template)
            ? settings with { ChatTemplate = System.Text.Encoding.UTF8.GetString(TokenizerReader.ReadFile(template)), Source = template }
            : settings;
    }

    /// <summary>Reads the content of the same files; an empty content stands for a missing file.</summary>
    public static TokenizerSettings Parse(ReadOnlyMemory<byte> config, ReadOnlyMemory<byte> template, string folder)
    {
        TokenizerSettings settings = config.IsEmpty ? None : TokenizerReader.ReadDocument(config, $"{folder}/{ConfigFile}", Read);
        return template.IsEmpty
            ? settings
            : settings with { ChatTemplate = System.Text.Encoding.UTF8.GetString(template.Span), Source = $"{folder}/{TemplateFile}" };
    }

    private static TokenizerSettings Read(JsonPart root) => new(
        TokenName(root, "bos_token"), TokenName(root, "eos_token"), TokenName(root, "pad_token"),
        root.Member("chat_template") is { } template ? Template(template) : null, root.FileName);

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

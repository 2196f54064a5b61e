using System.Globalization;
using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>What a folder without a tokenizer.json says of its tokenizer beside the vocabulary: tokenizer_config.json, and where that has
/// no added_tokens_decoder (transformers before 4.34) added_tokens.json and special_tokens_map.json.</summary>
internal sealed class TokenizerSettingsFile
{
    private const string AdditionalTokens = "additional_special_tokens";

    private static readonly string[] Roles =
        ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private readonly JsonElement? _root;
    private readonly string _file, _classFile;
    private readonly Dictionary<string, string?> _names = [];
    private readonly HashSet<string> _additional = new(StringComparer.Ordinal);

    private TokenizerSettingsFile(string folder, ReadOnlyMemory<byte> content)
    {
        _file = Path.Combine(folder, FileNames.TokenizerConfiguration);
        _root = content.IsEmpty ? null : RegularFile.ParseJson(content, _file);
        (Class, _classFile) = Checked(_file, () => ReadClass(folder));
        bool hasAdded = Checked(_file, () =>
        {
            ReadNames(_root);
            return _root?.TryGetProperty("added_tokens_decoder", out JsonElement tokens) == true && ReadAdded(tokens);
        });
        if (!hasAdded)
            ReadOlderFiles(folder);
    }

    /// <summary>The tokenizer's class in transformers, without "Fast" at its end; empty where the folder does not say.</summary>
    public string Class { get; }

    /// <summary>Tokens beside the vocabulary's, or with other roles, by id.</summary>
    public SortedDictionary<int, WrittenToken> Added { get; } = [];

    private IEnumerable<string> SpecialTokens => _names.Values.OfType<string>().Concat(_additional);

    /// <summary>Reads the files.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="content">Content of its tokenizer_config.json; empty if there is none.</param>
    /// <exception cref="CheckpointException">A file is malformed.</exception>
    public static TokenizerSettingsFile Read(string folder, ReadOnlyMemory<byte> content) => new(folder, content);

    /// <summary>An option that is true or false; null if tokenizer_config.json has none of the name.</summary>
    public bool? Flag(string name) =>
        _root?.TryGetProperty(name, out JsonElement value) == true && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : null;

    /// <summary>The text of the token of a role, such as cls_token.</summary>
    /// <param name="role">The role.</param>
    public string? Name(string role) => _names.GetValueOrDefault(role);

    /// <summary>The id of an added token; null if there is none of the text.</summary>
    /// <param name="text">The text.</param>
    public int? AddedId(string text)
    {
        foreach ((int id, WrittenToken token) in Added)
        {
            if (token.Content == text)
                return id;
        }

        return null;
    }

    /// <summary>The added tokens, and those of the vocabulary that have a role. What has a role is special.</summary>
    /// <param name="vocabulary">The tokens of the vocabulary.</param>
    public SortedDictionary<int, WrittenToken> WithRoles(IEnumerable<(int Id, string Text)> vocabulary)
    {
        SortedDictionary<int, WrittenToken> tokens = new(Added);
        HashSet<string> special = new(SpecialTokens, StringComparer.Ordinal);
        foreach ((int id, string text) in Added.Select(token => (token.Key, token.Value.Content)).Concat(vocabulary))
        {
            if (special.Remove(text))
                tokens[id] = tokens.GetValueOrDefault(id, new WrittenToken(text, true)) with { IsSpecial = true };
        }

        return tokens;
    }

    /// <summary>Gives roles to tokens where no file says which token has it, or that none has.</summary>
    /// <param name="names">The roles and the tokens' texts, null for none.</param>
    public void Complete(params ReadOnlySpan<(string Role, string? Text)> names)
    {
        foreach ((string role, string? text) in names)
            _names.TryAdd(role, text);
    }

    /// <summary>Writes a tokenizer_config.json that has what the files say.</summary>
    /// <exception cref="CheckpointException">tokenizer_config.json has text that is not valid Unicode.</exception>
    public byte[] Write() => Checked(_file, () => TokenizerJson.Write(json =>
    {
        if (_root is { } root)
        {
            foreach (JsonProperty member in root.EnumerateObject().Where(member => !_names.Keys.Any(member.NameEquals)))
                member.WriteTo(json);
        }

        foreach ((string role, string? text) in _names)
            json.WriteString(role, text);
    }));

    /// <summary>The exception for a class of tokenizers that the files beside the settings are not read for.</summary>
    /// <param name="known">The classes that they are read for.</param>
    public CheckpointException UnknownClass(string known) =>
        new(_classFile, $"tokenizer_class {CheckpointException.Quote(Class)}", $"{known}, or a {FileNames.Tokenizer} beside it");

    // As transformers looks for it: tokenizer_config.json, then config.json, of which older versions have the class itself.
    private (string Name, string File) ReadClass(string folder)
    {
        const string Option = "tokenizer_class", Fast = "Fast";
        if (_root is { } root && Text(root, Option) is { Length: > 0 } own)
            return (Plain(own), _file);
        string configurationFile = Path.Combine(folder, FileNames.Configuration);
        if (!File.Exists(configurationFile))
            return ("", _file);
        JsonElement configuration = RegularFile.ReadJson(configurationFile, CheckpointLimits.MaximumConfigurationLength);
        return (Checked(configurationFile, () => Text(configuration, Option) is { Length: > 0 } other
            ? Plain(other)
            : OfModel(Text(configuration, "model_type") ?? "")), configurationFile);

        static string Plain(string name) => name.EndsWith(Fast, StringComparison.Ordinal) ? name[..^Fast.Length] : name;
    }

    private static string OfModel(string modelType) => modelType switch
    {
        "roberta" => "RobertaTokenizer",
        "t5" or "mt5" => "T5Tokenizer",
        ['q', 'w', 'e', 'n', '2' or '3', ..] => "Qwen2Tokenizer",
        _ => "",
    };

    private void ReadOlderFiles(string folder)
    {
        string names = Path.Combine(folder, FileNames.SpecialTokens), added = Path.Combine(folder, FileNames.AddedTokens);
        if (File.Exists(names))
            Checked(names, () => ReadNames(RegularFile.ReadJson(names, CheckpointLimits.MaximumConfigurationLength)));
        if (!File.Exists(added))
            return;
        HashSet<string> special = [.. SpecialTokens];
        Checked(added, () =>
        {
            foreach (JsonProperty token in RegularFile.ReadJson(added, (int)ModelDocuments.MaximumLength).EnumerateObject())
                Added[Id(token.Value.GetRawText())] = new WrittenToken(token.Name, special.Contains(token.Name));
            return true;
        });
    }

    private bool ReadNames(JsonElement? file)
    {
        if (file is not { } root)
            return false;
        foreach (string role in Roles)
        {
            if (root.TryGetProperty(role, out JsonElement token))
                _names[role] = token.ValueKind == JsonValueKind.Null ? null : Content(token);
        }

        if (root.TryGetProperty(AdditionalTokens, out JsonElement tokens) && tokens.ValueKind == JsonValueKind.Array)
            _additional.UnionWith(tokens.EnumerateArray().Select(Content));
        return true;
    }

    private bool ReadAdded(JsonElement tokens)
    {
        foreach (JsonProperty token in tokens.EnumerateObject())
        {
            Added[Id(token.Name)] = new WrittenToken(Content(token.Value), Is(token.Value, "special"))
            {
                TakesSpaceBefore = Is(token.Value, "lstrip"),
                TakesSpaceAfter = Is(token.Value, "rstrip"),
                IsWholeWord = Is(token.Value, "single_word"),
            };
        }

        return true;

        static bool Is(JsonElement token, string flag) => token.TryGetProperty(flag, out JsonElement value) && value.GetBoolean();
    }

    // A token is its text, or an object that has it.
    private static string Content(JsonElement token) =>
        (token.ValueKind == JsonValueKind.Object ? token.GetProperty("content") : token).GetString() ?? throw new FormatException();

    private static int Id(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static T Checked<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or OverflowException
            or KeyNotFoundException)
        {
            throw new CheckpointException(file, "a malformed document", "tokens with ids, contents and flags", exception);
        }
    }
}

using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Generation.Scoring;

/// <summary>How a model embeds texts, as its files say. What is null they do not say.</summary>
internal sealed record EmbeddingConfiguration
{
    private const string Mode = "pooling_mode";
    private const string SupportedModes = "mean, cls, max or last token";

    // Later versions of sentence-transformers name the mode, earlier ones have a switch for each.
    private static readonly (string Option, string Name, EmbeddingPooling? Pooling)[] Modes =
    [
        ("pooling_mode_mean_tokens", "mean", EmbeddingPooling.Mean), ("pooling_mode_cls_token", "cls", EmbeddingPooling.FirstToken),
        ("pooling_mode_max_tokens", "max", EmbeddingPooling.Max),
        ("pooling_mode_lasttoken", "lasttoken", EmbeddingPooling.LastToken),
        ("pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", null),
        ("pooling_mode_weightedmean_tokens", "weightedmean", null),
    ];

    public static EmbeddingConfiguration None { get; } = new();

    public EmbeddingPooling? Pooling { get; init; }

    public bool? Normalize { get; init; }

    public int? MaxTokens { get; init; }

    /// <summary>What is put before a text, by name.</summary>
    public IReadOnlyDictionary<string, string> Prompts { get; init; } = new Dictionary<string, string>();

    /// <summary>The name of the prompt of a text for which none is named.</summary>
    public string? DefaultPrompt { get; init; }

    /// <summary>Reads <see cref="ModelDocuments.SentenceTransformer"/>.</summary>
    /// <param name="content">The document; empty for none.</param>
    /// <param name="model">The model in errors.</param>
    /// <exception cref="CheckpointException">A file is malformed, or asks for what is not supported.</exception>
    public static EmbeddingConfiguration Parse(ReadOnlyMemory<byte> content, string model)
    {
        if (content.IsEmpty)
            return None;
        JsonElement files = RegularFile.ParseJson(content, $"{model}/{FileNames.Modules}");
        EmbeddingConfiguration read = None;
        if (files.TryGetProperty(FileNames.Modules, out JsonElement modules))
            read = ReadModules(modules, files, model);
        if (File(FileNames.SentenceOptions) is { } sentences)
        {
            sentences.RequireBoolean("do_lower_case", false);
            read = read with { MaxTokens = sentences.OptionalInteger("max_seq_length", 1, int.MaxValue) };
        }

        return File(FileNames.Prompts) is { } prompting ? ReadPrompts(prompting, read) : read;

        ConfigurationReader? File(string name) =>
            files.TryGetProperty(name, out JsonElement file) ? new ConfigurationReader(file, $"{model}/{name}") : null;
    }

    private static EmbeddingConfiguration ReadModules(JsonElement modules, JsonElement files, string model)
    {
        string file = $"{model}/{FileNames.Modules}";
        if (modules.ValueKind != JsonValueKind.Array)
            throw new CheckpointException(file, "no array", "an array of modules");
        EmbeddingConfiguration read = None with { Normalize = false };
        foreach (JsonElement element in modules.EnumerateArray())
        {
            ConfigurationReader module = new(element, file);
            string type = module.OptionalText("type") ?? throw module.Fault("type", "the name of a module");
            switch (type.Split('.')[^1])
            {
                case "Transformer":
                    break;
                case "Pooling":
                    string path = $"{module.OptionalText("path")}/{FileNames.Configuration}";
                    if (!files.TryGetProperty(path, out JsonElement pooling))
                    {
                        throw new CheckpointException($"{model}/{path}", "no file",
                            $"the configuration of the pooling that {FileNames.Modules} names");
                    }

                    read = read with { Pooling = ReadPooling(new ConfigurationReader(pooling, $"{model}/{path}")) };
                    break;
                case "Normalize":
                    read = read with { Normalize = true };
                    break;
                default:
                    throw module.Fault("type", "Transformer, Pooling or Normalize: other modules are not supported");
            }
        }

        return read;
    }

    // word_embedding_dimension is what sentence-transformers announces; vectors have the model's width, whatever it says.
    private static EmbeddingPooling ReadPooling(ConfigurationReader options)
    {
        options.RequireBoolean("include_prompt", true);
        if (options.OptionalText(Mode) is { } name)
        {
            return Array.Find(Modes, mode => mode.Name == name).Pooling
                ?? throw options.TextFault(Mode, $"{SupportedModes}: others are not supported");
        }

        string[] modes = [.. Modes.Select(mode => mode.Option).Where(option => options.Boolean(option, false))];
        if (modes.Length != 1)
        {
            throw options.Fault(modes.Length == 0 ? Modes[0].Option : modes[1],
                "exactly one pooling mode: vectors of several are not supported");
        }

        return Array.Find(Modes, mode => mode.Option == modes[0]).Pooling
            ?? throw options.Fault(modes[0], $"false: pooling is supported as {SupportedModes}");
    }

    private static EmbeddingConfiguration ReadPrompts(ConfigurationReader options, EmbeddingConfiguration read)
    {
        Dictionary<string, string> prompts = options.OptionalObject("prompts")?.Texts() ?? [];
        string? name = options.OptionalText("default_prompt_name");
        return name is null || prompts.ContainsKey(name)
            ? read with { Prompts = prompts, DefaultPrompt = name }
            : throw options.Fault("default_prompt_name", $"the name of a prompt: {string.Join(", ", prompts.Keys)}");
    }
}

using System.Text.RegularExpressions;

namespace RetNet.Extensions.Core.Checkpoints.Adapters;

/// <summary>An adapter_config.json of PEFT: which modules a LoRA changes, and by which scale.</summary>
internal sealed class PeftConfiguration
{
    private const int MaximumAlpha = 1 << 24;
    private const string AllLinear = "all-linear";

    // Options that change what an adapter computes.
    private static readonly string[] Refused = ["megatron_config", "layer_replication", "target_parameters", "trainable_token_indices",
        "alora_invocation_tokens", "arrow_config", "loftq_config"];

    private static readonly string[] RefusedSwitches = ["use_dora", "use_qalora", "use_bdlora", "lora_bias", "fan_in_fan_out"];

    // Beginnings of initialisations that change the model's own weights, too.
    private static readonly string[] RefusedInitializations = ["pissa", "olora", "corda", "loftq", "lora_ga"];

    private readonly ConfigurationReader _options;
    private readonly string _file;
    private readonly ModulePattern? _targets;
    private readonly ModulePattern? _excluded;
    private readonly IReadOnlyList<int>? _layers;
    private readonly Regex _layer;
    private readonly IReadOnlyList<string> _saved;
    private readonly IReadOnlyList<(Regex Module, double Value)> _ranks;
    private readonly IReadOnlyList<(Regex Module, double Value)> _alphas;

    private PeftConfiguration(ConfigurationReader options, string file)
    {
        (_options, _file) = (options, file);
        RequireLora();
        _targets = ModulePattern.Read(options, "target_modules", file);
        _excluded = ModulePattern.Read(options, "exclude_modules", file);
        _layers = options.Contains("layers_to_transform") ? Layers(options) : null;
        _layer = LayerPattern(options, file);
        _saved = options.Texts("modules_to_save");
        _ranks = Patterns("rank_pattern");
        _alphas = Patterns("alpha_pattern");
    }

    /// <summary>Reads and checks the file.</summary>
    /// <exception cref="CheckpointException">It is missing or malformed, or says what is not supported.</exception>
    public static PeftConfiguration Read(string file, int maximumLength) =>
        new(new ConfigurationReader(RegularFile.ReadJson(file, maximumLength), file), file);

    /// <summary>Whether a module's own weight is in the file: modules_to_save, and embeddings, which PEFT adds where they were
    /// resized.</summary>
    public bool Saves(string module)
    {
        string own = PlainName(module);
        return _saved.Concat(["embed_tokens", "lm_head"]).Any(saved => own == saved || own.EndsWith($".{saved}", StringComparison.Ordinal));
    }

    /// <summary>A module's name without those of PEFT's own modules around it.</summary>
    public static string PlainName(string module) => module
        .Replace(".modules_to_save", "", StringComparison.Ordinal)
        .Replace(".base_layer", "", StringComparison.Ordinal);

    /// <summary>α / r, or α / √r of a rank-stabilised LoRA.</summary>
    /// <exception cref="CheckpointException">The factor has another rank.</exception>
    public float ScaleOf(string module, Factor down)
    {
        double rank = Of(_ranks, module) ?? _options.OptionalInteger("r", 1, ConfigurationReader.MaximumWidth) ?? 8;
        double alpha = Of(_alphas, module) ?? _options.OptionalNumber("lora_alpha", -MaximumAlpha, MaximumAlpha) ?? 8;
        if (down.Rows != rank)
        {
            throw CheckpointException.ForTensor(down.Tensor.File, down.Tensor.Name, $"shape {down.Tensor.DescribeShape()}",
                $"rank {rank}, as {_file} says");
        }

        return (float)(_options.Boolean("use_rslora", false) ? alpha / Math.Sqrt(rank) : alpha / rank);
    }

    /// <summary>Refuses tensors of a module that the configuration does not name.</summary>
    public void RequireTargeted(string module)
    {
        if (!Targets(module))
        {
            throw CheckpointException.ForOption(_file, "target_modules", $"modules without {CheckpointException.Quote(module)}",
                "all modules that the adapter has tensors for");
        }
    }

    /// <summary>Refuses an adapter without tensors of a module that the configuration names.</summary>
    public void RequireAll(LoraAdapter adapter, Checkpoint model)
    {
        const string weight = ".weight";
        if (_targets is null || _targets.Text == AllLinear)
            return;
        foreach ((string name, TensorView tensor) in model.Tensors)
        {
            if (tensor.Shape.Length == 2 && name.EndsWith(weight, StringComparison.Ordinal) && !PictureParts.Contain(name)
                && !adapter.Updates.ContainsKey(name) && Targets(name[..^weight.Length]))
            {
                throw CheckpointException.ForTensor(adapter.Path, name, "no change of it",
                    $"one, as target_modules of {_file} names it");
            }
        }
    }

    private bool Targets(string module)
    {
        if (_excluded?.Matches(module) == true)
            return false;
        if (_targets is null || _targets.Text == AllLinear)
            return true;
        if (!_targets.Matches(module))
            return false;
        return _layers is null || _targets.Text is not null
            || (Matched(_layer, module) is { } match && int.TryParse(match.Groups[1].ValueSpan, out int layer) && _layers.Contains(layer));
    }

    private void RequireLora()
    {
        string type = _options.OptionalText("peft_type") ?? "";
        if (!type.Equals("LORA", StringComparison.OrdinalIgnoreCase))
            throw _options.TextFault("peft_type", "LORA: other adapters are not supported");
        if (_options.OptionalText("bias") is not (null or "none"))
            throw _options.Fault("bias", "none: changed biases are not supported; merge the adapter with PEFT");
        foreach (string option in Refused)
        {
            if (_options.Contains(option) && !_options.IsEmpty(option))
                throw _options.Fault(option, "none: it is not supported; merge the adapter with PEFT");
        }

        foreach (string option in RefusedSwitches)
        {
            if (_options.Boolean(option, false))
                throw _options.Fault(option, "false: it is not supported; merge the adapter with PEFT");
        }

        if (_options.IsText("init_lora_weights") && _options.OptionalText("init_lora_weights") is { } initialization
            && RefusedInitializations.Any(refused => initialization.StartsWith(refused, StringComparison.OrdinalIgnoreCase)))
        {
            throw _options.Fault("init_lora_weights",
                "one that leaves the model's own weights as they are; convert the adapter to a plain LoRA with PEFT");
        }
    }

    private static IReadOnlyList<int> Layers(ConfigurationReader options)
    {
        const string option = "layers_to_transform";
        return options.IsArray(option)
            ? [.. options.Numbers(option, 0, ConfigurationReader.MaximumLayers).Select(layer => (int)layer)]
            : [options.Integer(option, 0, ConfigurationReader.MaximumLayers)];
    }

    // The number behind the name of the list of layers, or behind any name.
    private static Regex LayerPattern(ConfigurationReader options, string file)
    {
        const string option = "layers_pattern";
        IReadOnlyList<string> names = options.Contains(option) ? options.Texts(option) : [];
        string list = names.Count == 0 ? "[^.]*" : $"(?:{string.Join('|', names)})";
        return ModulePattern.Compile($@".*\.{list}\.(\d+)\.", option, file);
    }

    // PEFT takes the first pattern that fits the end of the name.
    private IReadOnlyList<(Regex Module, double Value)> Patterns(string option)
    {
        if (_options.OptionalObject(option) is not { } patterns)
            return [];
        List<(Regex, double)> values = [];
        foreach (string name in patterns.Names)
        {
            Regex module = ModulePattern.Compile($@"(?:.*\.)?(?:{name})\z", option, _file);
            values.Add((module, patterns.Number(name, -MaximumAlpha, MaximumAlpha)));
        }

        return values;
    }

    private double? Of(IReadOnlyList<(Regex Module, double Value)> patterns, string module)
    {
        foreach ((Regex pattern, double value) in patterns)
        {
            if (Matched(pattern, module) is not null)
                return value;
        }

        return null;
    }

    private Match? Matched(Regex pattern, string module) => ModulePattern.Match(pattern, module, _file);
}

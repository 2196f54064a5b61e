using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>The options and tensors of experts: a tensor holds the matrices of all experts of a block.</summary>
internal static class GgufExperts
{
    /// <summary>The option of the width of an expert that every token passes.</summary>
    public const string SharedWidth = "expert_shared_feed_forward_length";

    /// <summary>The gate of that expert, in a block: a row, which some files have as a vector.</summary>
    public const string SharedGate = "ffn_gate_inp_shexp.weight";

    // Of files that have a tensor for each: llama.cpp writes none since April 2024, and all known ones are Mixtral's.
    private const int MostSingleExperts = 64;

    /// <summary>The number of experts of a block; null for a file without experts.</summary>
    public static int? Count(GgufOptions options) =>
        options.OptionalInteger("expert_count", 0, int.MaxValue) is int count and > 0 ? count : null;

    /// <summary>The names of the tensors.</summary>
    /// <param name="router">The model's name of the router, of a block without its prefix.</param>
    public static (string File, string Model)[] Names(string router) =>
    [
        ("ffn_gate_inp.weight", $"{router}.weight"), ("ffn_gate_inp.bias", $"{router}.bias"),
        .. from part in (string[])["gate", "up", "down"]
           from kind in (string[])["weight", "bias"]
           select ($"ffn_{part}_exps.{kind}", $"mlp.experts.{part}_proj.{kind}"),
    ];

    /// <summary>The names of the tensors of an expert that every token passes.</summary>
    /// <param name="shared">What the model's names begin with, of a block without its prefix.</param>
    /// <param name="down">The model's name of W_down.</param>
    public static (string File, string Model)[] NamesOfShared(string shared, string down) =>
    [
        ("ffn_gate_shexp.weight", $"{shared}.gate_proj.weight"), ("ffn_up_shexp.weight", $"{shared}.up_proj.weight"),
        ("ffn_down_shexp.weight", $"{shared}.{down}.weight"),
    ];

    /// <summary>The names of the tensors in files that have one for each expert.</summary>
    /// <param name="experts">What the model's names begin with, of a block without its prefix.</param>
    /// <param name="gate">The model's name of W_gate.</param>
    /// <param name="up">The model's name of W_up.</param>
    /// <param name="down">The model's name of W_down.</param>
    public static IEnumerable<(string File, string Model)> NamesOfOne(string experts, string gate, string up, string down) =>
        from expert in Enumerable.Range(0, MostSingleExperts)
        from part in new[] { (File: "gate", Model: gate), (File: "up", Model: up), (File: "down", Model: down) }
        select ($"ffn_{part.File}.{expert}.weight", $"{experts}.{expert}.{part.Model}.weight");

    /// <summary>A width of experts; null where the file does not state it, or as 0.</summary>
    public static int? StatedWidth(GgufOptions options, string option) =>
        options.OptionalInteger(option, 0, ConfigurationReader.MaximumWidth) is int width and > 0 ? width : null;

    /// <summary>Writes the options of experts whose width is the configuration's intermediate_size.</summary>
    /// <param name="options">The file's options.</param>
    /// <param name="json">Receives config.json.</param>
    /// <param name="width">The option of the experts' width where it may be another. Where the file does not state it, or as 0, the width
    /// is shared among the experts of a token, as in llama.cpp.</param>
    public static void Write(GgufOptions options, Utf8JsonWriter json, string? width = null)
    {
        const string WidthOption = "expert_feed_forward_length";
        if (Count(options) is not int count)
            return;
        options.All.RequireNumber(options.Key("expert_group_count"), 1);
        if (options.OptionalNumber("expert_weights_scale", 0, float.MaxValue) is not (null or 0 or 1))
            throw options.Fault("expert_weights_scale", "1: other factors are not supported");
        json.WriteNumber("num_local_experts", count);
        int used = options.Integer("expert_used_count", 1, count);
        json.WriteNumber("num_experts_per_tok", used);
        int whole = options.Integer("feed_forward_length", 1, ConfigurationReader.MaximumWidth);
        if (width is null)
            options.All.RequireNumber(options.Key(WidthOption), whole);
        else
            json.WriteNumber(width, StatedWidth(options, WidthOption) ?? whole / used);
    }
}

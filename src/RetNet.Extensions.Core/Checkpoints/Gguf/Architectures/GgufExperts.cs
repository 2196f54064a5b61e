using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>The options and tensors of experts: a tensor holds the matrices of all experts of a block.</summary>
internal static class GgufExperts
{
    /// <summary>The option of the width of an expert that every token passes.</summary>
    public const string SharedWidth = "expert_shared_feed_forward_length";

    /// <summary>The tensor of the gate of the expert that every token passes, of a block without its prefix.</summary>
    public const string SharedGate = "ffn_gate_inp_shexp.weight";

    /// <summary>The option of the number of experts that every token passes.</summary>
    public const string SharedCount = "expert_shared_count";

    /// <summary>The option of the number of first blocks without experts.</summary>
    public const string FirstDense = "leading_dense_block_count";

    /// <summary>The option of the distance of blocks with experts.</summary>
    public const string Interval = "interleave_moe_layer_step";

    /// <summary>The option of the number of last blocks that guess the tokens after the next.</summary>
    public const string GuessingLayers = "nextn_predict_layers";

    /// <summary>The option of the width of an expert that is chosen.</summary>
    public const string Width = "expert_feed_forward_length";

    private const string Factor = "expert_weights_scale";

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

    /// <summary>The names of the tensors of experts that a bias takes part in choosing, and of those that every token passes.</summary>
    /// <param name="bias">The model's name of the bias, of a block without its prefix.</param>
    public static (string File, string Model)[] NamesWithBias(string bias) =>
        [.. Names("mlp.gate"), .. NamesOfShared("mlp.shared_experts", "down_proj"), ("exp_probs_b.bias", bias)];

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
        if (Count(options) is null)
            return;
        options.All.RequireNumber(options.Key("expert_group_count"), 1);
        if (options.OptionalNumber(Factor, 0, float.MaxValue) is not (null or 0 or 1))
            throw options.Fault(Factor, "1: other factors are not supported");
        WriteCounts(options, json, width);
    }

    /// <summary>Writes the options of experts that are chosen as in DeepSeek V3.</summary>
    public static void WriteDeepSeek(GgufOptions options, Utf8JsonWriter json)
    {
        const int sigmoid = 2;
        options.All.RequireNumber(options.Key("expert_gating_func"), sigmoid);
        WriteCounts(options, json, "moe_intermediate_size");
        Copy("expert_group_count", "n_group", absent: 1);
        Copy("expert_group_used_count", "topk_group", absent: 1);
        Copy(SharedCount, "n_shared_experts", absent: 0);
        Copy(FirstDense, "first_k_dense_replace", absent: 0);
        json.WriteBoolean("norm_topk_prob", options.All.Boolean(options.Key("expert_weights_norm"), false));
        if (options.OptionalNumber(Factor, 0, float.MaxValue) is double factor and > 0)
            json.WriteNumber("routed_scaling_factor", factor);

        void Copy(string option, string name, int absent) =>
            json.WriteNumber(name, options.OptionalInteger(option, 0, int.MaxValue) ?? absent);
    }

    private static void WriteCounts(GgufOptions options, Utf8JsonWriter json, string? width)
    {
        int count = options.Integer("expert_count", 1, int.MaxValue);
        json.WriteNumber("num_local_experts", count);
        int used = options.Integer("expert_used_count", 1, count);
        json.WriteNumber("num_experts_per_tok", used);
        int whole = options.Integer("feed_forward_length", 1, ConfigurationReader.MaximumWidth);
        if (width is null)
            options.All.RequireNumber(options.Key(Width), whole);
        else
            json.WriteNumber(width, StatedWidth(options, Width) ?? whole / used);
    }
}

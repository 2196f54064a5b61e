using System.Collections.Frozen;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>The names that GGUF files have for the tensors of transformers' checkpoints and of this library.</summary>
/// <remarks>Names as in ggml's gguf-py/gguf/constants.py.</remarks>
internal sealed class GgufTensorNames
{
    public const string Head = "output.weight";

    private const string BlockPrefix = "blk.";
    private const string LayersOfLlama = "model.layers.";

    private static readonly Dictionary<string, string> NamesOfLlama = new()
    {
        [GgufFile.Embedding] = "model.embed_tokens.weight",
        ["output_norm.weight"] = "model.norm.weight",
        [Head] = "lm_head.weight",
        ["attn_norm.weight"] = "input_layernorm.weight",
        ["attn_q.weight"] = "self_attn.q_proj.weight",
        ["attn_k.weight"] = "self_attn.k_proj.weight",
        ["attn_v.weight"] = "self_attn.v_proj.weight",
        ["attn_output.weight"] = "self_attn.o_proj.weight",
        ["attn_q.bias"] = "self_attn.q_proj.bias",
        ["attn_k.bias"] = "self_attn.k_proj.bias",
        ["attn_v.bias"] = "self_attn.v_proj.bias",
        ["attn_output.bias"] = "self_attn.o_proj.bias",
        ["attn_q_norm.weight"] = "self_attn.q_norm.weight",
        ["attn_k_norm.weight"] = "self_attn.k_norm.weight",
        ["ffn_norm.weight"] = "post_attention_layernorm.weight",
        ["ffn_gate.weight"] = "mlp.gate_proj.weight",
        ["ffn_up.weight"] = "mlp.up_proj.weight",
        ["ffn_down.weight"] = "mlp.down_proj.weight",
    };

    /// <summary>The names of Llama and its relatives.</summary>
    public static readonly GgufTensorNames Common = new();

    private readonly string _layers;
    private readonly FrozenDictionary<string, string> _models;
    private readonly FrozenDictionary<string, string> _files;

    /// <summary>Creates the names of an architecture.</summary>
    /// <param name="own">The names in the file and in the model, of a block without its prefix, that are not those of
    /// <see cref="Common"/>.</param>
    public GgufTensorNames(params ReadOnlySpan<(string File, string Model)> own)
    {
        Dictionary<string, string> models = new(NamesOfLlama);
        foreach ((string file, string model) in own)
        {
            foreach (string other in models.Where(pair => pair.Value == model).Select(pair => pair.Key).ToArray())
                models.Remove(other);
            models[file] = model;
        }

        (_layers, _models, _files) = (LayersOfLlama, models.ToFrozenDictionary(), Inverse(models));
    }

    private GgufTensorNames(string layers, Dictionary<string, string> models) =>
        (_layers, _models, _files) = (layers, models.ToFrozenDictionary(), Inverse(models));

    /// <summary>The names of an encoder.</summary>
    /// <param name="layers">What the names of a layer's tensors begin with in the model, before its number.</param>
    /// <param name="names">The names in the file and in the model, of a layer without its prefix, all without <c>.weight</c> and
    /// <c>.bias</c>.</param>
    public static GgufTensorNames OfEncoder(string layers, params ReadOnlySpan<(string File, string Model)> names)
    {
        Dictionary<string, string> models = [];
        foreach ((string file, string model) in names)
        {
            models[$"{file}.weight"] = $"{model}.weight";
            models[$"{file}.bias"] = $"{model}.bias";
        }

        return new GgufTensorNames(layers, models);
    }

    /// <summary>The model's name of a file's tensor; the same name if the model has no other.</summary>
    public string InModel(string name) => Translate(name, BlockPrefix, _layers, _models);

    /// <summary>The file's name of a model's tensor; the same name if the file has no other.</summary>
    public string InFile(string name) => Translate(name, _layers, BlockPrefix, _files);

    /// <summary>Whether the rows of a tensor are those of query or key heads.</summary>
    public static bool IsRotated(string name) => name.StartsWith(BlockPrefix, StringComparison.Ordinal)
        && Part(name, BlockPrefix) is "attn_q.weight" or "attn_k.weight" or "attn_q.bias" or "attn_k.bias";

    private static FrozenDictionary<string, string> Inverse(Dictionary<string, string> models) =>
        models.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    private static string Translate(string name, string from, string to, FrozenDictionary<string, string> names)
    {
        if (!name.StartsWith(from, StringComparison.Ordinal))
            return names.GetValueOrDefault(name, name);
        string part = Part(name, from);
        return names.TryGetValue(part, out string? translated)
            ? string.Concat(to, name.AsSpan(from.Length, name.Length - from.Length - part.Length), translated)
            : name;
    }

    /// <summary>What follows the number of the block: attn_q.weight of blk.0.attn_q.weight.</summary>
    private static string Part(string name, string prefix) => name[(name.IndexOf('.', prefix.Length) + 1)..];
}

using System.Runtime.InteropServices;
using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Tests.Training;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Tests.Checkpoints.Gguf;

/// <summary>Models with experts as GGUF files, as llama.cpp's converter writes them, are the same models as their folders.</summary>
public sealed class GgufExpertTests
{
    private const int Layers = 2, Heads = 2, HeadWidth = 8, Experts = 4, PerToken = 2;

    // Names in the model, without the prefix of a block, and in the file.
    private static readonly (string Model, string File)[] Names =
    [
        ("mlp.gate.e_score_correction_bias", "exp_probs_b.bias"), ("mlp.moe_statics.e_score_correction_bias", "exp_probs_b.bias"),
        ("mlp.shared_experts.gate_proj", "ffn_gate_shexp"), ("mlp.shared_experts.up_proj", "ffn_up_shexp"),
        ("mlp.shared_experts.down_proj", "ffn_down_shexp"), ("block_sparse_moe.router.layer", "ffn_gate_inp"),
        ("block_sparse_moe.gate", "ffn_gate_inp"), ("mlp.gate.", "ffn_gate_inp."),
        ("mlp.router", "ffn_gate_inp"), ("model.embed_tokens", "token_embd"), ("model.norm", "output_norm"), ("lm_head", "output"),
        ("input_layernorm", "attn_norm"), ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"), ("self_attn.q_norm", "attn_q_norm"), ("self_attn.k_norm", "attn_k_norm"),
        ("self_attn.sinks", "attn_sinks.weight"), ("mlp.shared_expert_gate", "ffn_gate_inp_shexp"),
        ("mlp.shared_expert.gate_proj", "ffn_gate_shexp"), ("mlp.shared_expert.up_proj", "ffn_up_shexp"),
        ("mlp.shared_expert.down_proj", "ffn_down_shexp"), ("shared_mlp.gate_proj", "ffn_gate_shexp"),
        ("shared_mlp.up_proj", "ffn_up_shexp"), ("shared_mlp.output_linear", "ffn_down_shexp"), ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
    ];

    [Theory]
    [InlineData("llama", "mixtral", "")]
    [InlineData("llama", "mixtral", "", false)]
    [InlineData("qwen3moe", "qwen3_moe", ""","moe_intermediate_size":6,"norm_topk_prob":true,"head_dim":8""")]
    [InlineData("granitemoe", "granitemoe",
        ""","embedding_multiplier":3,"residual_multiplier":0.5,"attention_multiplier":0.25,"logits_scaling":4""")]
    [InlineData("qwen2moe", "qwen2_moe", ""","moe_intermediate_size":6,"shared_expert_intermediate_size":10""")]
    [InlineData("granitemoe", "granitemoeshared",
        """
        ,"shared_intermediate_size":10,"embedding_multiplier":3,"residual_multiplier":0.5,"attention_multiplier":0.25,"logits_scaling":4
        """)]
    [InlineData("olmoe", "olmoe", "")]
    [InlineData("ernie4_5-moe", "ernie4_5_moe",
        ""","moe_intermediate_size":6,"moe_num_shared_experts":2,"moe_layer_start_index":1,"tie_word_embeddings":false""")]
    [InlineData("glm4moe", "glm4_moe",
        """
        ,"head_dim":8,"moe_intermediate_size":6,"n_group":2,"topk_group":1,"routed_scaling_factor":2.5,"first_k_dense_replace":1,
        "use_qk_norm":true,"attention_bias":true
        """)]
    [InlineData("dots1", "dots1",
        ""","moe_intermediate_size":6,"n_shared_experts":2,"routed_scaling_factor":2.5,"norm_topk_prob":true,"first_k_dense_replace":1""")]
    [InlineData("gpt-oss", "gpt_oss", ""","head_dim":8,"sliding_window":3""")]
    public void File_gives_the_logits_of_the_folder(string architecture, string modelType, string more, bool isJoined = true)
    {
        string json = $$"""
            {"model_type":"{{modelType}}","hidden_size":16,"num_attention_heads":{{Heads}},"num_key_value_heads":1,
            "num_hidden_layers":{{Layers}},"intermediate_size":12,"vocab_size":23,"rms_norm_eps":1e-5,"rope_theta":10000,
            "num_local_experts":{{Experts}},"num_experts_per_tok":{{PerToken}}{{more}}}
            """;
        using TrainableModel weights = TrainableModel.Create(
            TransformerConfiguration.Parse(JsonDocument.Parse(json).RootElement, "config.json"), seed: 1, threads: 1);
        SmallModels.Randomize(weights);
        using TemporaryFolder folder = new();
        string path = folder.Write("model.gguf", Convert(weights, architecture, isJoined).ToArray());

        using LanguageModel expected = SmallModels.Reload(weights), model = LanguageModel.Load(path, new ModelLoadOptions { Threads = 1 });

        using Checkpoint checkpoint = Checkpoint.Open(path);
        Assert.All(checkpoint.Tensors.Where(tensor => tensor.Key.EndsWith("shared_expert_gate.weight", StringComparison.Ordinal)),
            gate => Assert.Equal([1, 16], gate.Value.Shape.ToArray()));
        Assert.Equal(modelType, model.Info.Architecture);
        Assert.Equal(Logits(expected), Logits(model));
    }

    [Fact]
    public void A_last_block_that_does_not_guess_is_not_left_out()
    {
        using TrainableModel weights = TrainableModel.Create(
            TransformerConfiguration.Parse(JsonDocument.Parse(
                """
                {"model_type":"glm4_moe","hidden_size":16,"num_attention_heads":2,"num_key_value_heads":1,"num_hidden_layers":2,
                "intermediate_size":12,"vocab_size":23,"rms_norm_eps":1e-5,"rope_theta":10000,"n_routed_experts":4,"num_experts_per_tok":2,
                "head_dim":8,"moe_intermediate_size":6,"n_group":2,"topk_group":1,"first_k_dense_replace":1}
                """).RootElement, "config.json"), seed: 1, threads: 1);
        using TemporaryFolder folder = new();
        string path = folder.Write("model.gguf", Convert(weights, "glm4moe", isJoined: true, guessing: "attn_output.weight").ToArray());

        CheckpointException exception = Assert.Throws<CheckpointException>(() => LanguageModel.Load(path).Dispose());

        Assert.Contains($"'blk.{Layers}.attn_output.weight'", exception.Message, StringComparison.Ordinal);
    }

    private static float[] Logits(LanguageModel model)
    {
        using SequenceState state = model.CreateState(new StateOptions());
        int[] tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5, 22];
        float[] logits = new float[tokens.Length * model.Info.VocabularySize];
        model.Forward(new ForwardBatch([new SequenceInput(state, tokens.Length)], tokens, ForwardOutput.AllLogits), logits);
        return logits;
    }

    private static GgufBytes Convert(
        TrainableModel model, string architecture, bool isJoined, string guessing = "nextn.eh_proj.weight")
    {
        GgufBytes file = new();
        file.With("general.architecture", architecture);
        foreach ((string key, object value) in Metadata(architecture))
            file.With($"{architecture}.{key}", value);
        if (model.Parameters.Any(parameter => parameter.Name.Contains("shared_expert.", StringComparison.Ordinal)
            || parameter.Name.Contains("shared_mlp", StringComparison.Ordinal)))
        {
            file.With($"{architecture}.expert_shared_feed_forward_length", 10);
        }

        // The block that guesses the token after the next.
        if (architecture == "glm4moe")
            Add(file, $"blk.{Layers}.{guessing}", [16, 32], new float[16 * 32]);
        foreach (Parameter parameter in model.Parameters.Concat(model.Buffers).Where(parameter => !IsOfExpert(parameter)))
        {
            float[] values = parameter.Values.ToArray();
            bool isRotated = parameter.Name.Contains("q_proj", StringComparison.Ordinal)
                || parameter.Name.Contains("k_proj", StringComparison.Ordinal);
            if (isRotated && architecture is ("llama" or "granitemoe"))
                values = GgufBytes.PairNeighbours(values, parameter.Shape[0], HeadWidth);
            // llama.cpp's quantizer writes a matrix with one row, the gate of a shared expert, as a vector.
            long[] shape = [.. parameter.Shape.ToArray().SkipWhile(n => n == 1).Select(n => (long)n)];
            Add(file, NameInFile(parameter.Name, architecture), shape, values);
        }

        // The matrices of all experts of a block in one tensor, or, in the first files of Mixtral, each in its own.
        foreach (Parameter parameter in model.Parameters.Where(parameter => IsOfExpert(parameter) && !isJoined))
        {
            string name = NameOfAll(parameter).Replace("_exps", "." + parameter.Name.Split('.')[^3], StringComparison.Ordinal);
            Add(file, name, [.. parameter.Shape.ToArray().Select(n => (long)n)], parameter.Values.ToArray());
        }

        foreach (IGrouping<string, Parameter> experts in model.Parameters.Where(parameter => IsOfExpert(parameter) && isJoined)
            .GroupBy(NameOfAll))
        {
            long[] shape = [Experts, .. experts.First().Shape.ToArray().Select(n => (long)n)];
            Add(file, experts.Key, shape, [.. experts.SelectMany(parameter => parameter.Values.ToArray())]);
        }

        return file;
    }

    private static IEnumerable<(string Key, object Value)> Metadata(string architecture)
    {
        List<(string, object)> metadata =
        [
            ("block_count", architecture == "glm4moe" ? Layers + 1 : Layers), ("embedding_length", 16), ("feed_forward_length", 12),
            ("attention.head_count", Heads), ("attention.head_count_kv", 1), ("attention.layer_norm_rms_epsilon", 1e-5f),
            ("rope.freq_base", 10000f),
            ("expert_count", Experts), ("expert_used_count", PerToken), ("attention.key_length", HeadWidth),
            ("attention.value_length", HeadWidth),
        ];
        metadata.AddRange(architecture switch
        {
            "qwen2moe" or "qwen3moe" => [("expert_feed_forward_length", 6)],
            "granitemoe" => [("embedding_scale", 3f), ("residual_scale", 0.5f), ("attention.scale", 0.25f), ("logit_scale", 4f)],
            "ernie4_5-moe" => [("expert_feed_forward_length", 6), ("expert_shared_count", 2), ("expert_shared_feed_forward_length", 12),
                ("leading_dense_block_count", 1), ("interleave_moe_layer_step", 1)],
            "glm4moe" => [("expert_feed_forward_length", 6), ("expert_shared_count", 1), ("leading_dense_block_count", 1),
                ("expert_group_count", 2), ("expert_group_used_count", 1), ("expert_gating_func", 2), ("expert_weights_scale", 2.5f),
                ("expert_weights_norm", true), ("nextn_predict_layers", 1), ("rope.dimension_count", HeadWidth / 2)],
            "dots1" => [("expert_feed_forward_length", 6), ("expert_shared_count", 2), ("leading_dense_block_count", 1),
                ("expert_weights_scale", 2.5f), ("expert_weights_norm", true)],
            "gpt-oss" => [("attention.sliding_window", 3), ("expert_feed_forward_length", 12)],
            _ => Array.Empty<(string, object)>(),
        });
        return metadata;
    }

    private static bool IsOfExpert(Parameter parameter) => parameter.Name.Contains(".experts.", StringComparison.Ordinal);

    private static string NameOfAll(Parameter parameter)
    {
        string[] parts = parameter.Name.Split('.');
        string matrix = parts[^2] switch
        {
            "w1" or "gate_proj" => "gate",
            "w3" or "up_proj" => "up",
            _ => "down",
        };
        return $"blk.{parts[2]}.ffn_{matrix}_exps.{parts[^1]}";
    }

    private static string NameInFile(string name, string architecture)
    {
        string norm = architecture is "gpt-oss" or "glm4moe" ? "post_attention_norm" : "ffn_norm";
        name = name.Replace("post_attention_layernorm", norm, StringComparison.Ordinal);
        name = Names.Aggregate(name, (current, pair) => current.Replace(pair.Model, pair.File, StringComparison.Ordinal));
        return name.Replace("model.layers.", "blk.", StringComparison.Ordinal);
    }

    private static void Add(GgufBytes file, string name, long[] shape, float[] values) =>
        file.WithTensor(name, GgufBytes.F32, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
}

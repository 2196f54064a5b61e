using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Tests.Training;

/// <summary>Models of a few thousand parameters, one for every variant that is trained differently.</summary>
internal static class SmallModels
{
    public const int Vocabulary = 23;

    public static IReadOnlyDictionary<string, string> Configurations { get; } = new Dictionary<string, string>
    {
        ["fla"] = Fla(""),
        ["fla-tied-mqa"] = Fla(""","num_kv_heads":1,"tie_word_embeddings":true"""),
        ["fla-plain"] = Fla(""","use_output_gate":false,"elementwise_affine":false"""),
        ["torchscale"] = TorchScale(""","activation_fn":"swish" """),
        ["torchscale-gelu"] = TorchScale(
            """
            ,"activation_fn":"gelu","no_scale_embedding":false,"layernorm_embedding":true,
            "share_decoder_input_output_embed":true
            """),
        ["torchscale-relu"] = TorchScale(""","activation_fn":"relu" """),
        ["llama"] = Transformer("llama", ""","tie_word_embeddings":true"""),
        ["llama-bias"] = Transformer("llama", ""","attention_bias":true"""),
        ["mistral-window"] = Transformer("mistral", ""","sliding_window":5"""),
        ["qwen2"] = Transformer("qwen2", ""","use_sliding_window":true,"sliding_window":6,"max_window_layers":1"""),
        ["qwen3"] = Transformer("qwen3", ""","head_dim":6,"attention_bias":true"""),
        ["mixtral"] = Transformer("mixtral", ""","num_local_experts":4,"num_experts_per_tok":2"""),
        ["qwen3_moe"] = Transformer(
            "qwen3_moe",
            """
            ,"head_dim":6,"num_experts":5,"num_experts_per_tok":3,"moe_intermediate_size":10,"norm_topk_prob":false,
            "mlp_only_layers":[0]
            """),
        ["gemma"] = Transformer("gemma", ""","head_dim":6"""),
        ["gemma2"] = Transformer(
            "gemma2",
            """
            ,"head_dim":6,"sliding_window":4,"attn_logit_softcapping":3.0,"final_logit_softcapping":4.0,"query_pre_attn_scalar":7
            """),
        ["gemma3_text"] = Transformer(
            "gemma3_text",
            """
            ,"head_dim":6,"sliding_window":4,"sliding_window_pattern":2,"query_pre_attn_scalar":7,"rope_theta":50000,
            "rope_local_base_freq":100
            """),
        ["phi3"] = Transformer("phi3", ""","partial_rotary_factor":0.5,"sliding_window":6"""),
        ["smollm3"] = Transformer("smollm3", ""","no_rope_layers":[1,0],"tie_word_embeddings":true"""),
        ["ministral3"] = Transformer(
            "ministral3",
            """
            ,"head_dim":4,"rope_parameters":{"rope_type":"yarn","rope_theta":10000,"factor":4,"original_max_position_embeddings":8,
            "max_position_embeddings":32,"llama_4_scaling_beta":0.3,"beta_fast":4,"beta_slow":1,"mscale":1,"mscale_all_dim":1}
            """),
        ["granite"] = Transformer(
            "granite",
            """
            ,"embedding_multiplier":3.0,"residual_multiplier":0.4,"logits_scaling":2.0,"attention_multiplier":0.3
            """),
        ["olmo2"] = Transformer("olmo2", ""),
        ["olmo3"] = Transformer(
            "olmo3",
            """
            ,"sliding_window":4,"layer_types":["sliding_attention","full_attention"],
            "rope_scaling":{"rope_type":"yarn","factor":4,"original_max_position_embeddings":8,"beta_fast":4}
            """),
        ["olmoe"] = Transformer("olmoe", ""","num_experts":4,"num_experts_per_tok":2"""),
        ["ernie4_5"] = Transformer("ernie4_5", ""","head_dim":6"""),
        ["ernie4_5_moe"] = Transformer(
            "ernie4_5_moe",
            """
            ,"moe_num_experts":5,"moe_k":2,"moe_intermediate_size":10,"moe_num_shared_experts":2,"moe_layer_interval":2
            """),
        ["glm4_moe"] = Transformer(
            "glm4_moe",
            """
            ,"head_dim":8,"n_routed_experts":6,"num_experts_per_tok":2,"moe_intermediate_size":10,"n_group":3,"topk_group":2,
            "routed_scaling_factor":1.5,"use_qk_norm":true,"attention_bias":true
            """),
        ["dots1"] = Transformer(
            "dots1",
            """
            ,"n_routed_experts":4,"num_experts_per_tok":2,"moe_intermediate_size":10,"n_shared_experts":2,"routed_scaling_factor":0.5
            """),
        ["seed_oss"] = Transformer("seed_oss", ""","head_dim":6,"attention_out_bias":true"""),
        ["glm4"] = Transformer("glm4", ""","head_dim":8"""),
        ["hunyuan_v1_dense"] = Transformer(
            "hunyuan_v1_dense", ""","head_dim":6,"rope_scaling":{"type":"dynamic","alpha":50.0,"factor":1.0}"""),
        ["qwen2_moe"] = Transformer(
            "qwen2_moe",
            """
            ,"num_experts":5,"num_experts_per_tok":2,"moe_intermediate_size":10,"shared_expert_intermediate_size":26
            """),
        ["granitemoeshared"] = Transformer(
            "granitemoeshared",
            """
            ,"num_local_experts":3,"num_experts_per_tok":2,"shared_intermediate_size":12,"residual_multiplier":0.4,
            "attention_multiplier":0.3
            """),
        ["granitemoe"] = Transformer(
            "granitemoe",
            """
            ,"num_local_experts":3,"num_experts_per_tok":2,"embedding_multiplier":3.0,"residual_multiplier":0.4,"logits_scaling":2.0,
            "attention_multiplier":0.3
            """),
        ["gpt_oss"] = Transformer(
            "gpt_oss", ""","head_dim":6,"num_local_experts":4,"num_experts_per_tok":2,"sliding_window":5"""),
        ["llama3-rope"] = Transformer(
            "llama",
            """
            ,"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,
            "original_max_position_embeddings":16}
            """),
    };

    public static TheoryData<string> Names => [.. Configurations.Keys];

    public static TheoryData<string> RetNets => [.. Configurations.Keys.Where(name => !IsTransformer(name))];

    public static bool IsTransformer(string name) => Configurations[name].Contains("num_attention_heads", StringComparison.Ordinal);

    public static TrainableModel Create(string name, int seed = 1, int threads = 1)
    {
        System.Text.Json.JsonElement json = System.Text.Json.JsonDocument.Parse(Configurations[name]).RootElement;
        return IsTransformer(name)
            ? TrainableModel.Create(TransformerConfiguration.Parse(json, name), seed, threads)
            : TrainableModel.Create(RetNetConfiguration.Parse(json, name), seed, threads);
    }

    /// <summary>Weights as after some training: norms and biases that are not 1 and 0, activations of ordinary size.</summary>
    public static TrainableModel CreateTrained(string name, int threads = 1)
    {
        TrainableModel model = Create(name, threads: threads);
        Randomize(model);
        return model;
    }

    /// <summary>Draws weights as after some training.</summary>
    public static void Randomize(TrainableModel model)
    {
        Random random = new(7);
        foreach (Parameter parameter in model.Parameters)
        {
            bool isNorm = parameter.Name.Contains("norm", StringComparison.Ordinal);
            double scale = isNorm ? 0.2 : parameter.Shape.Length == 1 ? 0.5 : 1 / Math.Sqrt(parameter.Shape[^1]);

            // Scores of experts that lie apart: a small step chooses no others.
            if (parameter.Name.EndsWith(".gate.weight", StringComparison.Ordinal)
                || parameter.Name.EndsWith(".router.layer.weight", StringComparison.Ordinal)
                || parameter.Name.EndsWith(".router.weight", StringComparison.Ordinal))
            {
                scale *= 5;
            }

            // 1 for a norm, or 0 where the model adds 1.
            float begin = parameter.Values[0];
            foreach (ref float value in parameter.Values)
                value = (float)((isNorm ? begin : 0) + (scale * 1.7 * ((2 * random.NextDouble()) - 1)));
        }

        foreach (Parameter bias in SelectionBiases(model))
        {
            foreach (ref float value in bias.Values)
                value = (float)(1.4 * (random.NextDouble() - 0.5));
        }
    }

    /// <summary>The biases of the choice of experts.</summary>
    private static IEnumerable<Parameter> SelectionBiases(TrainableModel model) =>
        model.Buffers.Where(buffer => buffer.Name.EndsWith("e_score_correction_bias", StringComparison.Ordinal));

    /// <summary>The model as others load it: written and read again.</summary>
    public static LanguageModel Reload(TrainableModel model)
    {
        using MemoryStream weights = new();
        SafetensorsWriter.Write(weights, model.Tensors);
        weights.Position = 0;
        return LanguageModel.Load(
            Checkpoint.FromMemory("trained model", Encoding.UTF8.GetBytes(model.ConfigurationJson()), weights),
            new ModelLoadOptions { WeightFormat = WeightFormat.Float32, Threads = 1 });
    }

    /// <summary>Two sequences of different length, and the next token of each of their tokens.</summary>
    public static (int[] Tokens, int[] Lengths, int[] Targets) Batch(int first = 11, int second = 7)
    {
        Random random = new(3);
        int[] tokens = [.. Enumerable.Range(0, first + second).Select(_ => random.Next(Vocabulary))];
        int[] targets = [.. tokens.Select((_, i) => i == 2 ? -1 : random.Next(Vocabulary))];
        return (tokens, [first, second], targets);
    }

    private static string Fla(string more) =>
        $$"""
            {"model_type":"retnet","hidden_size":16,"num_heads":2,"num_hidden_layers":2,"intermediate_size":20,"vocab_size":{{Vocabulary}},
            "norm_eps":1e-6{{more}}}
            """;

    private static string TorchScale(string more) =>
        $$"""
        {"decoder_embed_dim":16,"decoder_value_embed_dim":24,"decoder_retention_heads":2,"decoder_ffn_embed_dim":20,"decoder_layers":2,
        "recurrent_chunk_size":4,
        "vocab_size":{{Vocabulary}}{{more}}}
        """;

    private static string Transformer(string type, string more) =>
        $$"""
        {"model_type":"{{type}}","hidden_size":16,"num_attention_heads":4,"num_key_value_heads":2,"num_hidden_layers":2,
        "intermediate_size":20,
         "vocab_size":{{Vocabulary}}{{more}}}
        """;
}

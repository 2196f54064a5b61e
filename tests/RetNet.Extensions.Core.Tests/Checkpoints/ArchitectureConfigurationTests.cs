using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Models.Transformer.Rotations;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

/// <summary>Configurations as their makers publish them.</summary>
public class ArchitectureConfigurationTests
{
    private const string Small = """
        "hidden_size":64,"num_hidden_layers":6,"num_attention_heads":4,"num_key_value_heads":2,"intermediate_size":96,"vocab_size":97
        """;

    [Fact]
    public void Gemma_scales_the_embedding_and_stores_norms_minus_one()
    {
        TransformerConfiguration c = Parse("""{"model_type":"gemma",SMALL,"head_dim":16,"hidden_act":"gelu"}""");

        Assert.Equal((8f, true, true, FeedForwardActivation.GeluTanh), (c.EmbeddingScale, c.NormAddsOne, c.TieEmbeddings, c.Activation));
    }

    [Fact]
    public void Gemma_2_alternates_windows_and_bounds_its_scores()
    {
        TransformerConfiguration c = Parse("""
            {"model_type":"gemma2",SMALL,"head_dim":16,"query_pre_attn_scalar":144,"attn_logit_softcapping":50.0,
            "final_logit_softcapping":30.0,"sliding_window":4096,"hidden_activation":"gelu_pytorch_tanh"}
            """);

        Assert.Equal([4096, null, 4096, null, 4096, null], c.SlidingWindows);
        Assert.Equal((50f, 30f, 1 / 12f), (c.AttentionSoftCap, c.LogitSoftCap, c.AttentionScale));
        Assert.Equal(NormPlacement.Around, c.NormPlacement);
    }

    [Fact]
    public void Gemma_3_is_read_by_its_text_config_where_it_sees_pictures_too()
    {
        // As google/gemma-3-4b-it has it: what is not said has the defaults of transformers' class.
        TransformerConfiguration c = Parse("""
            {"architectures":["Gemma3ForConditionalGeneration"],"model_type":"gemma3","eos_token_id":[1,106],"image_token_index":262144,
            "text_config":{"hidden_size":2560,"intermediate_size":10240,"model_type":"gemma3_text","num_hidden_layers":34,
            "rope_scaling":{"factor":8.0,"rope_type":"linear"},"sliding_window":1024},"vision_config":{"hidden_size":1152}}
            """);

        Assert.Equal(("gemma3_text", 8, 4, 256, 262208), (c.ModelType, c.Heads, c.KeyValueHeads, c.HeadWidth, c.VocabularySize));
        Assert.Equal([1, 106], c.EosTokenIds);
        Assert.Equal(5, Enumerable.Range(0, c.Layers).Count(layer => c.SlidingWindow(layer) is null));
        Assert.Equal((LayerRotation.Local, LayerRotation.Global), (c.Rotation(0), c.Rotation(5)));
        Assert.Equal((1e6, 1e4, new LinearRotaryScaling(8)), (c.RopeTheta, c.LocalRopeTheta, c.RotaryScaling));
    }

    [Fact]
    public void Phi_3_switches_factors_at_the_original_length()
    {
        TransformerConfiguration c = Parse("""
            {"model_type":"phi3",SMALL,"partial_rotary_factor":0.75,"max_position_embeddings":131072,
            "original_max_position_embeddings":4096,"sliding_window":262144,
            "rope_scaling":{"type":"longrope","short_factor":[1,1,1,1,1,1],"long_factor":[1,2,3,4,5,6]}}
            """);

        Assert.Equal((12, true), (c.RotaryWidth, c.MergedProjections));
        Assert.Equal(4096, c.LengthOfRotarySwitch);
        Assert.Equal(Math.Sqrt(1 + (Math.Log(32) / Math.Log(4096))), c.RotaryFactor(LayerRotation.Global), 1e-6);
        Assert.Equal(
            c.ComputeRotaryFrequencies()[1] / 2, c.ComputeRotaryFrequencies(LayerRotation.Global, 4097)[1], 1e-7f);
        Assert.Equal(c.ComputeRotaryFrequencies(), c.ComputeRotaryFrequencies(LayerRotation.Global, 4096));
    }

    [Fact]
    public void SmolLM_3_does_not_rotate_every_fourth_layer()
    {
        TransformerConfiguration c = Parse("""{"model_type":"smollm3",SMALL,"no_rope_layer_interval":4,"rope_theta":5000000.0}""");

        Assert.Equal([3], Enumerable.Range(0, c.Layers).Where(layer => c.Rotation(layer) == LayerRotation.None));
    }

    [Fact]
    public void Granite_divides_logits_by_its_scaling()
    {
        TransformerConfiguration c = Parse("""
            {"model_type":"granite",SMALL,"embedding_multiplier":12.0,"residual_multiplier":0.22,"attention_multiplier":0.015625,
            "logits_scaling":8.0}
            """);

        Assert.Equal((12f, 0.22f, 0.015625f, 0.125f), (c.EmbeddingScale, c.ResidualScale, c.AttentionScale, c.LogitScale));
    }

    [Fact]
    public void OLMo_3_has_a_window_in_three_layers_of_four_and_scales_only_the_rotation_of_the_others()
    {
        TransformerConfiguration c = Parse("""
            {"model_type":"olmo3",SMALL,"rope_theta":500000,"sliding_window":4096,"rope_scaling":{"attention_factor":1.2079441541679836,
            "beta_fast":32.0,"beta_slow":1.0,"factor":8.0,"original_max_position_embeddings":8192,"rope_type":"yarn"}}
            """);

        Assert.Equal([4096, 4096, 4096, null, 4096, 4096], c.SlidingWindows);
        Assert.Equal((LayerRotation.Local, LayerRotation.Global), (c.Rotation(2), c.Rotation(3)));
        Assert.Equal((1, 1.2079441541679836f), (c.RotaryFactor(LayerRotation.Local), c.RotaryFactor(LayerRotation.Global)));
        Assert.Equal((c with { RotaryScaling = null }).ComputeRotaryFrequencies(), c.ComputeRotaryFrequencies(LayerRotation.Local));
    }

    [Fact]
    public void OLMo_3_without_a_scaling_rotates_all_layers_alike() =>
        Assert.Empty(Parse("""{"model_type":"olmo3",SMALL,"rope_theta":500000,"rope_scaling":null}""").LayerRotations);

    [Fact]
    public void GLM_4_rotates_neighbours_of_half_a_head()
    {
        TransformerConfiguration c = Parse("""{"model_type":"glm4",SMALL,"head_dim":16}""");

        Assert.Equal((8, true, true, false), (c.RotaryWidth, c.RotatesNeighbours, c.QueryKeyValueBias, c.OutputBias));
        Assert.Equal(NormPlacement.Around, c.NormPlacement);
    }

    [Theory]
    [InlineData("rope_scaling", "type")]
    [InlineData("rope_parameters", "rope_type")]
    public void Alpha_of_Hunyuan_is_another_base_for_every_length(string option, string type)
    {
        TransformerConfiguration c = Parse("{\"model_type\":\"hunyuan_v1_dense\",SMALL,\"head_dim\":128,\"rope_theta\":10000.0,\""
            + option + "\":{\"" + type + "\":\"dynamic\",\"alpha\":1000.0,\"factor\":1.0}}");

        Assert.Equal(10000 * Math.Pow(1000, 128 / 126.0), c.RopeTheta, 1e-3);
        Assert.Null(c.LengthOfRotarySwitch);
    }

    [Fact]
    public void Experts_that_every_token_passes_are_read()
    {
        TransformerConfiguration qwen = Parse("""
            {"model_type":"qwen2_moe",SMALL,"num_experts":60,"num_experts_per_tok":4,"moe_intermediate_size":32,
            "shared_expert_intermediate_size":128,"norm_topk_prob":false}
            """);
        TransformerConfiguration granite =
            Parse("""{"model_type":"granitemoeshared",SMALL,"num_local_experts":8,"shared_intermediate_size":48}""");

        Assert.Equal((128, true, false), (qwen.Experts!.SharedWidth, qwen.Experts.HasSharedGate, qwen.Experts.NormalizesWeights));
        Assert.Equal((48, false, true), (granite.Experts!.SharedWidth, granite.Experts.HasSharedGate, granite.Experts.NormalizesWeights));
        Assert.Equal(0, Parse("""{"model_type":"granitemoeshared",SMALL,"num_local_experts":8}""").Experts!.SharedWidth);
    }

    [Fact]
    public void ERNIE_has_experts_from_a_layer_to_another_at_an_interval()
    {
        TransformerConfiguration c = Parse("""
            {"model_type":"ernie4_5_moe",SMALL,"moe_layer_start_index":1,"moe_layer_end_index":4,"moe_layer_interval":2}
            """);

        Assert.Equal([0, 2, 4, 5], c.Experts!.DenseLayers);
        Assert.Equal([0], Parse("""{"model_type":"ernie4_5_moe",SMALL,"moe_layer_end_index":-1}""").Experts!.DenseLayers);
        Assert.NotNull(c.UsedExperts);
        Assert.Null(Parse("""{"model_type":"ernie4_5_moe",SMALL,"moe_layer_start_index":9}""").UsedExperts);
    }

    [Fact]
    public void Groups_must_have_the_experts_of_a_token()
    {
        const string few = """{"model_type":"dots1",SMALL,"n_routed_experts":8,"num_experts_per_tok":3,"n_group":4,"topk_group":1}""";

        Assert.Contains("topk_group", Assert.Throws<CheckpointException>(() => Parse(few)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mistral_3_is_read_by_its_text_config()
    {
        TransformerConfiguration mistral = Parse("""
            {"model_type":"mistral3","text_config":{"model_type":"mistral",SMALL,"head_dim":128,"rope_theta":1e9,
            "sliding_window":null},"vision_config":{"model_type":"pixtral"}}
            """);
        TransformerConfiguration ministral = Parse("""
            {"model_type":"mistral3","tie_word_embeddings":true,"text_config":{"model_type":"ministral3",SMALL,"head_dim":128,
            "rope_parameters":{"beta_fast":32.0,"beta_slow":1.0,"factor":16.0,"llama_4_scaling_beta":0.1,"mscale":1.0,
            "mscale_all_dim":1.0,"original_max_position_embeddings":16384,"rope_theta":1000000.0,"rope_type":"yarn","type":"yarn"}}}
            """);

        Assert.Equal(("mistral", false, null), (mistral.ModelType, mistral.TieEmbeddings, mistral.SlidingWindow(0)));
        Assert.Equal(("ministral3", true, 0.1f, 16384),
            (ministral.ModelType, ministral.TieEmbeddings, ministral.QueryGrowth, ministral.QueryGrowthLength));
        Assert.Equal(new YarnRotaryScaling(16, 16384, 32, 1, true, 1), ministral.RotaryScaling);
    }

    [Fact]
    public void Factor_of_attention_that_DeepSeek_writes_multiplies_the_one_of_YaRN()
    {
        // deepseek-ai/DeepSeek-R1-0528-Qwen3-8B turns the factor off.
        TransformerConfiguration c = Parse("""
            {"model_type":"qwen3",SMALL,"rope_scaling":{"attn_factor":0.8782488562869419,"factor":4.0,
            "original_max_position_embeddings":32768,"rope_type":"yarn"}}
            """);

        Assert.Equal(1, c.RotaryFactor(LayerRotation.Global), 1e-6f);
        Assert.Equal(1 + (0.1 * Math.Log(4)), Parse("""
            {"model_type":"qwen3",SMALL,"rope_scaling":{"factor":4.0,"type":"yarn"}}
            """).RotaryFactor(LayerRotation.Global), 1e-6);
    }

    [Theory]
    [InlineData("internlm2", """{"type":"dynamic","factor":2.0}""")]
    [InlineData("internlm3", """{"rope_type":"dynamic","factor":6.0}""")]
    [InlineData("llama", """{"type":"dynamic","factor":2.0}""")]
    public void Dynamic_scaling_changes_nothing_up_to_the_context_length(string modelType, string scaling)
    {
        TransformerConfiguration c =
            Parse("{\"model_type\":\"" + modelType + "\",SMALL,\"max_position_embeddings\":1024,\"rope_scaling\":" + scaling + "}");
        float[] plain = (c with { RotaryScaling = null }).ComputeRotaryFrequencies();

        Assert.Equal(plain, c.ComputeRotaryFrequencies(LayerRotation.Global, 1024));
        Assert.True(c.ComputeRotaryFrequencies(LayerRotation.Global, 2048)[^1] < plain[^1]);
    }

    [Theory]
    [InlineData("gemma", "")]
    [InlineData("gemma2", ""","query_pre_attn_scalar":144""")]
    [InlineData("gemma3_text", ""","rope_local_base_freq":5000,"rope_scaling":{"rope_type":"linear","factor":8}""")]
    [InlineData("phi3", ""","sliding_window":7,"partial_rotary_factor":0.5""")]
    [InlineData("smollm3", ""","use_sliding_window":true,"sliding_window":9""")]
    [InlineData("granite", ""","logits_scaling":3,"attention_multiplier":0.3""")]
    [InlineData("olmo2", ""","attention_bias":true""")]
    [InlineData("olmo3", ""","sliding_window":9,"rope_theta":5000,"rope_scaling":{"rope_type":"yarn","factor":4}""")]
    [InlineData("olmoe", ""","attention_bias":true,"num_experts":5,"num_experts_per_tok":2,"norm_topk_prob":true""")]
    [InlineData("ernie4_5", "")]
    [InlineData("ernie4_5_moe", """
        ,"moe_num_experts":5,"moe_k":2,"moe_intermediate_size":8,"moe_num_shared_experts":3,"moe_layer_start_index":2,
        "moe_layer_interval":2
        """)]
    [InlineData("ernie4_5_moe", ""","moe_layer_start_index":9,"moe_num_shared_experts":0""")]
    [InlineData("glm4_moe", """
        ,"n_routed_experts":12,"num_experts_per_tok":3,"moe_intermediate_size":8,"n_shared_experts":2,"n_group":4,"topk_group":2,
        "routed_scaling_factor":2.5,"norm_topk_prob":false,"first_k_dense_replace":3,"use_qk_norm":true,"attention_bias":true,
        "partial_rotary_factor":0.25
        """)]
    [InlineData("dots1", """
        ,"n_routed_experts":4,"num_experts_per_tok":2,"n_shared_experts":2,"first_k_dense_replace":1,"attention_bias":true,
        "sliding_window":9,"max_window_layers":4
        """)]
    [InlineData("seed_oss", ""","attention_bias":false,"attention_out_bias":true""")]
    [InlineData("glm4", ""","attention_bias":false,"partial_rotary_factor":0.25""")]
    [InlineData("hunyuan_v1_dense", ""","rope_scaling":{"type":"dynamic","alpha":50,"factor":1}""")]
    [InlineData("qwen2_moe", ""","qkv_bias":false,"shared_expert_intermediate_size":7,"mlp_only_layers":[1]""")]
    [InlineData("granitemoeshared", ""","shared_intermediate_size":7""")]
    [InlineData("ministral3", """
        ,"rope_parameters":{"rope_type":"yarn","factor":16,"original_max_position_embeddings":64,"llama_4_scaling_beta":0.1}
        """)]
    [InlineData("llama", ""","rope_scaling":{"rope_type":"yarn","factor":4}""")]
    public void Configuration_that_is_written_is_read_back(string modelType, string options)
    {
        TransformerConfiguration c = Parse("{\"model_type\":\"" + modelType + "\",SMALL,\"head_dim\":16" + options + "}");
        TransformerConfiguration again = Parse(c.ToJson());

        Assert.Equivalent(c, again, strict: true);
        Assert.Equal(c.RotaryScaling, again.RotaryScaling);
    }

    [Fact]
    public void LongRoPE_and_divisors_are_written_with_their_factors()
    {
        TransformerConfiguration c = Parse("""
            {"model_type":"phi3",SMALL,"max_position_embeddings":4096,"original_max_position_embeddings":64,
            "rope_scaling":{"type":"longrope","short_factor":[1,1,1,1,1,1,1,1],"long_factor":[1,2,3,4,5,6,7,8]}}
            """);
        TransformerConfiguration divided = c with
        {
            ModelType = "llama",
            RotaryScaling = new DividedRotaryScaling([2, 2, 2, 2, 2, 2, 2, 2]),
        };

        LongRotaryScaling again = Assert.IsType<LongRotaryScaling>(Parse(c.ToJson()).RotaryScaling);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], again.LongFactors);
        Assert.Equal(c.RotaryFactor(LayerRotation.Global), again.AttentionFactor);
        Assert.Equal(Enumerable.Repeat(2f, 8), Assert.IsType<DividedRotaryScaling>(Parse(divided.ToJson()).RotaryScaling).Divisors);
    }

    [Theory]
    [InlineData("phi3", """{"AutoConfig":"configuration_phi3.Phi3Config","AutoModelForCausalLM":"modeling_phi3.Phi3ForCausalLM"}""")]
    [InlineData("internlm2", """{"AutoModel":"modeling_internlm2.InternLM2ForCausalLM"}""")]
    public void Code_that_computes_what_is_computed_here_may_be_named(string modelType, string map) =>
        Assert.Equal(modelType, Parse("{\"model_type\":\"" + modelType + "\",SMALL,\"auto_map\":" + map + "}").ModelType);

    [Fact]
    public void InternLM_is_written_as_Llama() =>
        Assert.Equal("llama", Parse(Parse("""{"model_type":"internlm2",SMALL,"bias":false}""").ToJson()).ModelType);

    [Theory]
    [InlineData("gemma", "hidden_act", "\"silu\"")]
    [InlineData("gemma2", "hidden_activation", "\"silu\"")]
    [InlineData("gemma2", "use_bidirectional_attention", "true")]
    [InlineData("gemma2", "final_logit_softcapping", "-1")]
    [InlineData("gemma3_text", "attn_logit_softcapping", "50.0")]
    [InlineData("gemma3_text", "sliding_window", "null")]
    [InlineData("llama", "is_causal", "false")]
    [InlineData("gemma2", "is_causal", "null")]
    [InlineData("qwen2", "auto_map", """{"AutoModel":"modeling_qwen.Qwen2Model"}""", "auto_map.AutoModel")]
    [InlineData("mistral3", "auto_map", """{"AutoModel":"modeling_mistral.Encoder"}""", "auto_map.AutoModel")]
    [InlineData("phi3", "attention_bias", "true")]
    [InlineData("phi3", "partial_rotary_factor", "0.7")]
    [InlineData("phi3", "hidden_act", "\"gelu\"")]
    [InlineData("smollm3", "no_rope_layers", "[1,0]")]
    [InlineData("smollm3", "partial_rotary_factor", "0.5")]
    [InlineData("granite", "logits_scaling", "0")]
    [InlineData("granite", "mlp_bias", "true")]
    [InlineData("olmo2", "quantization_config", "{}")]
    [InlineData("olmo3", "layer_types", """["linear_attention"]""")]
    [InlineData("olmoe", "clip_qkv", "8.0")]
    [InlineData("ernie4_5", "use_bias", "true")]
    [InlineData("ernie4_5_moe", "use_bias", "true")]
    [InlineData("ernie4_5_moe", "moe_norm_min", "0.5")]
    [InlineData("ernie4_5_moe", "moe_k", "65")]
    [InlineData("glm4_moe", "n_group", "3")]
    [InlineData("glm4_moe", "n_group", "128")]
    [InlineData("glm4_moe", "topk_group", "2")]
    [InlineData("glm4_moe", "num_nextn_predict_layers", "2")]
    [InlineData("glm4_moe", "scoring_func", "\"softmax\"")]
    [InlineData("glm4_moe", "routed_scaling_factor", "0")]
    [InlineData("dots1", "quantization_config", "{}")]
    [InlineData("seed_oss", "mlp_bias", "true")]
    [InlineData("glm4", "partial_rotary_factor", "0.7")]
    [InlineData("hunyuan_v1_dense", "use_qk_norm", "false")]
    [InlineData("hunyuan_v1_dense", "use_cla", "true")]
    [InlineData("hunyuan_v1_dense", "num_experts", "8")]
    [InlineData("qwen2_moe", "use_sliding_window", "true")]
    [InlineData("internlm2", "bias", "true")]
    [InlineData("internlm3", "qkv_bias", "true")]
    [InlineData("mistral3", "text_config", "null")]
    [InlineData("mistral3", "text_config", """{"model_type":"mamba"}""", "model_type")]
    [InlineData("ministral3", "rope_parameters", "null")]
    public void Option_is_refused_by_name(string modelType, string option, string value, string? atFault = null)
    {
        JsonObject json = JsonNode.Parse("{SMALL,\"head_dim\":16}".Replace("SMALL", Small, StringComparison.Ordinal))!.AsObject();
        json["model_type"] = modelType;
        json[option] = JsonNode.Parse(value);

        CheckpointException exception = Assert.Throws<CheckpointException>(() => Parse(json.ToJsonString()));
        Assert.Contains(atFault ?? option, exception.Message, StringComparison.Ordinal);
    }

    private static TransformerConfiguration Parse(string json) => TransformerConfiguration.Parse(
        JsonElement.Parse(json.Replace("SMALL", Small, StringComparison.Ordinal)), "config.json");
}

using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Models.Transformer.Rotations;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

public class TransformerConfigurationTests
{
    private const string Base =
        """{"hidden_size":64,"num_hidden_layers":4,"num_attention_heads":32,"intermediate_size":96,"vocab_size":97}""";

    [Fact]
    public void Llama_defaults_are_those_of_its_configuration_class()
    {
        TransformerConfiguration configuration = Parse(With("llama"));

        Assert.Equivalent(
            new TransformerConfiguration
            {
                ModelType = "llama",
                Width = 64,
                Layers = 4,
                Heads = 32,
                KeyValueHeads = 32,
                HeadWidth = 2,
                FeedForwardWidth = 96,
                NormEpsilon = 1e-6f,
                RopeTheta = 10000,
                QueryKeyValueBias = false,
                OutputBias = false,
                QueryKeyNorm = QueryKeyNorm.None,
                TieEmbeddings = false,
                VocabularySize = 97,
                ContextLength = 2048,
                SlidingWindows = [null, null, null, null],
            },
            configuration,
            strict: true);
    }

    [Fact]
    public void Families_differ_in_biases_norms_windows_and_defaults()
    {
        TransformerConfiguration mistral = Parse(With("mistral"));
        TransformerConfiguration qwen2 = Parse(With("qwen2"));
        TransformerConfiguration qwen3 = Parse(With("qwen3"));
        TransformerConfiguration llamaWithBias = Parse(With("llama", "attention_bias", "true"));

        Assert.Equal((8, 4096, false), (mistral.KeyValueHeads, mistral.SlidingWindow(0), mistral.QueryKeyValueBias));
        Assert.Equal((32, true, false, QueryKeyNorm.None),
            (qwen2.KeyValueHeads, qwen2.QueryKeyValueBias, qwen2.OutputBias, qwen2.QueryKeyNorm));
        Assert.Equal((128, false, false, QueryKeyNorm.PerHead),
            (qwen3.HeadWidth, qwen3.QueryKeyValueBias, qwen3.OutputBias, qwen3.QueryKeyNorm));
        Assert.Equal((true, true), (llamaWithBias.QueryKeyValueBias, llamaWithBias.OutputBias));
        Assert.Null(qwen2.SlidingWindow(3));
    }

    [Fact]
    public void Both_generations_of_transformers_give_the_same_configuration()
    {
        string folder = Path.Combine(RepositoryFiles.Golden, "llama3-rope-tied");
        TransformerConfiguration older = Parse(File.ReadAllText(Path.Combine(folder, "config.json")));
        TransformerConfiguration newer = Parse(File.ReadAllText(Path.Combine(folder, "config.transformers5.json")));

        Assert.Equivalent(older, newer, strict: true);
        Assert.Equal(new Llama3RotaryScaling(8, 1, 4, 64), newer.RotaryScaling);
        Assert.Equal(older.RotaryScaling, newer.RotaryScaling);
    }

    [Theory]
    [InlineData("""{"type":"linear","factor":4}""", 4)]
    [InlineData("""{"rope_type":"linear","factor":2.5}""", 2.5)]
    [InlineData("""{"rope_type":"linear","type":"yarn","factor":2.5,"rope_theta":10000}""", 2.5)]
    public void Linear_scaling_is_read_in_old_and_new_spelling(string scaling, double factor)
    {
        Assert.Equal(new LinearRotaryScaling(factor), Parse(With("llama", "rope_scaling", scaling)).RotaryScaling);
        Assert.Equal(new LinearRotaryScaling(factor), Parse(With("llama", "rope_parameters", scaling)).RotaryScaling);
    }

    [Fact]
    public void Rotary_base_is_read_wherever_it_is_written()
    {
        Assert.Equal(500000, Parse(With("llama", "rope_theta", "500000.0")).RopeTheta);
        Assert.Equal(1e6, Parse(With("llama", "rope_parameters", """{"rope_theta":1e6,"rope_type":"default"}""")).RopeTheta);
        Assert.Null(Parse(With("llama", "rope_parameters", """{"rope_theta":1e6,"rope_type":"default"}""")).RotaryScaling);
    }

    [Fact]
    public void Qwen_s_window_holds_from_a_layer_on_or_where_the_layer_types_say()
    {
        const string Types = """["sliding_attention","full_attention","full_attention","sliding_attention"]""";
        TransformerConfiguration byLayer = Parse(With("qwen2", "use_sliding_window", "true", "sliding_window", "16", "max_window_layers",
            "3"));
        TransformerConfiguration byType = Parse(With("qwen3", "use_sliding_window", "true", "sliding_window", "16", "layer_types", Types));
        TransformerConfiguration unused = Parse(With("qwen2", "use_sliding_window", "false", "sliding_window", "16", "max_window_layers",
            "0"));

        Assert.Equal([null, null, null, 16], byLayer.SlidingWindows);
        Assert.Equal([16, null, null, 16], byType.SlidingWindows);
        Assert.Equal([null, null, null, null], unused.SlidingWindows);
    }

    [Fact]
    public void Mistral_without_a_window_sees_everything()
        => Assert.Null(Parse(With("mistral", "sliding_window", "null")).SlidingWindow(0));

    [Theory]
    [InlineData("llama", "quantization_config", """{"bits":4}""")]
    [InlineData("llama", "mlp_bias", "true")]
    [InlineData("llama", "hidden_act", "\"gelu\"")]
    [InlineData("llama", "partial_rotary_factor", "0.5")]
    [InlineData("llama", "num_local_experts", "8")]
    [InlineData("qwen3", "num_experts", "128")]
    [InlineData("qwen2", "use_mrope", "true")]
    [InlineData("llama", "num_attention_heads", "0")]
    [InlineData("llama", "num_attention_heads", "33", "hidden_size")]
    [InlineData("llama", "num_attention_heads", "64", "head_dim")]
    [InlineData("llama", "num_key_value_heads", "5")]
    [InlineData("qwen2", "num_attention_heads", "16", "num_key_value_heads")]
    [InlineData("llama", "head_dim", "3")]
    [InlineData("llama", "head_dim", "65536")]
    [InlineData("llama", "intermediate_size", "null")]
    [InlineData("llama", "num_hidden_layers", "1e6")]
    [InlineData("llama", "rms_norm_eps", "[1]")]
    [InlineData("llama", "rope_theta", "0")]
    [InlineData("llama", "rope_theta", "\"10000\"")]
    [InlineData("llama", "rope_scaling", "7")]
    [InlineData("llama", "rope_scaling", """{"type":"proportional","factor":4}""", "rope_scaling.type")]
    [InlineData("llama", "rope_scaling", """{"type":"dynamic","factor":0.5}""", "rope_scaling.factor")]
    [InlineData("llama", "rope_parameters", """{"rope_type":"yarn"}""", "rope_parameters.factor")]
    [InlineData("llama", "rope_parameters", """{"rope_type":"longrope"}""", "rope_parameters.long_factor")]
    [InlineData("llama", "rope_parameters", """{"rope_type":"default","partial_rotary_factor":0.25}""",
        "rope_parameters.partial_rotary_factor")]
    [InlineData("llama", "rope_parameters", """{"full_attention":{},"rope_type":5}""", "rope_parameters.rope_type")]
    [InlineData("llama", "rope_scaling", """{"type":"linear"}""", "rope_scaling.factor")]
    [InlineData("llama", "rope_scaling", """{"type":"linear","factor":0}""", "rope_scaling.factor")]
    [InlineData("llama", "rope_scaling", """{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4}""",
        "rope_scaling.original_max_position_embeddings")]
    [InlineData("llama", "rope_scaling",
        """{"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":4,"original_max_position_embeddings":64}""",
        "rope_scaling.high_freq_factor")]
    [InlineData("mistral", "sliding_window", "0")]
    [InlineData("mistral", "layer_types", """["full_attention","sliding_attention","sliding_attention","sliding_attention"]""")]
    [InlineData("qwen2", "layer_types", """["sliding_attention","full_attention","full_attention","full_attention"]""")]
    [InlineData("qwen2", "layer_types", """["full_attention"]""")]
    [InlineData("qwen2", "layer_types", """["full_attention","full_attention","full_attention","chunked_attention"]""")]
    [InlineData("qwen2", "layer_types", """["full_attention","full_attention","full_attention",4]""")]
    [InlineData("llama", "tie_word_embeddings", "\"true\"")]
    [InlineData("llama", "eos_token_id", "97")]
    public void Option_is_refused_by_name(string modelType, string option, string value, string? atFault = null)
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Parse(With(modelType, option, value)));
        Assert.StartsWith($"config.json, option '{atFault ?? option}': found ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("; expected ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Contradicting_rotary_options_are_refused()
    {
        Assert.Throws<CheckpointException>(() => Parse(With("llama", "rope_theta", "10000", "rope_parameters",
            """{"rope_theta":20000}""")));
        Assert.Throws<CheckpointException>(() => Parse(With("llama", "rope_scaling", """{"type":"linear","factor":2}""", "rope_parameters",
            """{"rope_type":"linear","factor":3}""")));
    }

    [Fact]
    public void RetNet_is_no_Transformer()
        => Assert.Throws<CheckpointException>(() => Parse("""{"model_type":"retnet"}"""));

    private static TransformerConfiguration Parse(string json) => TransformerConfiguration.Parse(JsonElement.Parse(json), "config.json");

    private static string With(string modelType, params string[] optionsAndValues)
    {
        JsonObject json = JsonNode.Parse(Base)!.AsObject();
        json["model_type"] = modelType;
        foreach (string[] option in optionsAndValues.Chunk(2))
            json[option[0]] = JsonNode.Parse(option[1]);
        return json.ToJsonString();
    }
}

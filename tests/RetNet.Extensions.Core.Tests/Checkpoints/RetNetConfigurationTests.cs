using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Models.RetNet;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

public class RetNetConfigurationTests
{
    private const string Fla = """{"model_type":"retnet","hidden_size":64,"num_hidden_layers":3,"num_heads":4,"vocab_size":97}""";
    private const string TorchScale = """
        {"decoder_embed_dim":48,"decoder_value_embed_dim":96,"decoder_retention_heads":3,"decoder_ffn_embed_dim":64,"decoder_layers":2,
        "vocab_size":97}
        """;

    [Fact]
    public void Fla_defaults_are_those_of_its_configuration_class()
    {
        RetNetConfiguration configuration = Parse(Fla);

        Assert.Equivalent(
            new RetNetConfiguration
            {
                Dialect = RetNetDialect.Fla,
                Width = 64,
                Layers = 3,
                Heads = 4,
                KeyValueHeads = 4,
                KeyWidth = 16,
                ValueWidth = 32,
                FeedForwardWidth = 256,
                Activation = RetNetActivation.Swish,
                UseOutputGate = true,
                FuseNorm = true,
                HeadNormHasWeight = true,
                NormEpsilon = 1e-6f,
                EmbeddingScale = 1,
                EmbeddingNorm = false,
                TieEmbeddings = false,
                VocabularySize = 97,
                ChunkSize = 64,
                ContextLength = 2048,
            },
            configuration,
            strict: true);
    }

    [Fact]
    public void TorchScale_defaults_are_those_of_its_configuration_class()
    {
        RetNetConfiguration configuration = Parse(TorchScale);

        Assert.Equivalent(
            new RetNetConfiguration
            {
                Dialect = RetNetDialect.TorchScale,
                Width = 48,
                Layers = 2,
                Heads = 3,
                KeyValueHeads = 3,
                KeyWidth = 16,
                ValueWidth = 32,
                FeedForwardWidth = 64,
                Activation = RetNetActivation.Gelu,
                UseOutputGate = true,
                FuseNorm = false,
                HeadNormHasWeight = false,
                NormEpsilon = 1e-6f,
                EmbeddingScale = 1,
                EmbeddingNorm = false,
                TieEmbeddings = false,
                VocabularySize = 97,
                ChunkSize = 512,
                ContextLength = 1024,
            },
            configuration,
            strict: true);
    }

    [Theory]
    [InlineData("retnet-fla-defaults", 256, 16, 32, 2)]
    [InlineData("retnet-fla-tied-mqa", 80, 12, 24, 2)]
    [InlineData("retnet-fla-untied", 96, 16, 32, 4)]
    [InlineData("retnet-torchscale-paperinit", 64, 16, 32, 3)]
    public void Golden_configurations_have_the_widths_of_their_tensors(
        string name, int feedForwardWidth, int keyWidth, int valueWidth, int keyValueHeads)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Path.Combine(RepositoryFiles.Golden, name));
        RetNetConfiguration configuration = RetNetConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);

        Assert.Equal((feedForwardWidth, keyWidth, valueWidth, keyValueHeads),
            (configuration.FeedForwardWidth, configuration.KeyWidth, configuration.ValueWidth, configuration.KeyValueHeads));
    }

    [Theory]
    [InlineData("2", 64, 256)]
    [InlineData("4", 2048, 5632)]
    [InlineData("2", 2048, 2816)]
    [InlineData("null", 96, 256)]
    [InlineData("null", 97, 512)]
    [InlineData("2.5", 2560, 4352)]
    public void Absent_intermediate_size_is_the_next_multiple_of_256(string ratio, int width, int expected)
        => Assert.Equal(
            expected, Parse(With(Fla, "hidden_ratio", ratio, "hidden_size", $"{width}", "num_heads", "1", "expand_k",
                "2")).FeedForwardWidth);

    [Fact]
    public void Expansions_may_be_fractions_and_integral_floats_are_integers()
    {
        RetNetConfiguration configuration = Parse(With(Fla, "expand_k", "0.5", "expand_v", "1.0", "hidden_size", "64.0"));

        Assert.Equal((64, 8, 16), (configuration.Width, configuration.KeyWidth, configuration.ValueWidth));
    }

    [Fact]
    public void Embedding_is_scaled_where_torchscale_says_so()
        => Assert.Equal(MathF.Sqrt(48), Parse(With(TorchScale, "no_scale_embedding", "false")).EmbeddingScale);

    [Fact]
    public void Null_switch_is_false_as_in_Python()
        => Assert.False(Parse(With(Fla, "elementwise_affine", "null")).HeadNormHasWeight);

    [Fact]
    public void Token_ids_are_scalars_or_arrays_and_minus_one_is_none()
    {
        RetNetConfiguration configuration = Parse(With(Fla, "bos_token_id", "1", "eos_token_id", "[2,3]", "pad_token_id", "-1"));

        Assert.Equal(1, configuration.BosTokenId);
        Assert.Equal([2, 3], configuration.EosTokenIds);
        Assert.Null(configuration.PadTokenId);
        Assert.Equal([7], Parse(With(TorchScale, "eos_token_id", "7")).EosTokenIds);
    }

    [Theory]
    [InlineData("attn", """{"layers":[1],"num_heads":4}""")]
    [InlineData("attnres_block_size", "1")]
    [InlineData("feature_map", "\"elu\"")]
    [InlineData("quantization_config", "{}")]
    [InlineData("use_short_conv", "true")]
    [InlineData("hidden_act", "\"powlu\"")]
    [InlineData("hidden_act", "3")]
    [InlineData("hidden_size", "null")]
    [InlineData("hidden_size", "0")]
    [InlineData("hidden_size", "-64")]
    [InlineData("hidden_size", "64.5")]
    [InlineData("hidden_size", "\"64\"")]
    [InlineData("hidden_size", "1e9")]
    [InlineData("hidden_size", "1e400")]
    [InlineData("hidden_size", "true")]
    [InlineData("num_hidden_layers", "1025")]
    [InlineData("num_hidden_layers", "[]")]
    [InlineData("num_heads", "65")]
    [InlineData("num_heads", "5", "expand_k")]
    [InlineData("num_heads", "64", "expand_k")]
    [InlineData("num_kv_heads", "3")]
    [InlineData("num_kv_heads", "8")]
    [InlineData("num_kv_heads", "0")]
    [InlineData("vocab_size", "16777217")]
    [InlineData("expand_k", "0")]
    [InlineData("expand_k", "-1")]
    [InlineData("expand_k", "0.001")]
    [InlineData("expand_v", "1e300")]
    [InlineData("expand_v", "0.3")]
    [InlineData("intermediate_size", "0")]
    [InlineData("hidden_ratio", "0")]
    [InlineData("norm_eps", "-1e-6")]
    [InlineData("norm_eps", "2")]
    [InlineData("norm_eps", "\"1e-6\"")]
    [InlineData("use_output_gate", "1")]
    [InlineData("fuse_norm", "\"yes\"")]
    [InlineData("tie_word_embeddings", "{}")]
    [InlineData("bos_token_id", "97")]
    [InlineData("eos_token_id", "[1,97]")]
    [InlineData("eos_token_id", "[\"a\"]")]
    [InlineData("pad_token_id", "-2")]
    [InlineData("max_position_embeddings", "0")]
    public void Fla_option_is_refused_by_name(string option, string value, string? atFault = null) =>
        AssertRefused(Fla, option, value, atFault);

    [Theory]
    [InlineData("deepnorm", "true")]
    [InlineData("multiway", "true")]
    [InlineData("use_xmoe", "true")]
    [InlineData("moe_freq", "2")]
    [InlineData("moe_freq", "\"0\"")]
    [InlineData("decoder_normalize_before", "false")]
    [InlineData("no_output_layer", "true")]
    [InlineData("activation_fn", "\"tanh\"")]
    [InlineData("decoder_embed_dim", "49")]
    [InlineData("decoder_embed_dim", "45")]
    [InlineData("decoder_embed_dim", "6")]
    [InlineData("decoder_value_embed_dim", "97")]
    [InlineData("decoder_retention_heads", "0")]
    [InlineData("decoder_layers", "null")]
    [InlineData("decoder_ffn_embed_dim", "2000000")]
    [InlineData("vocab_size", "-1")]
    [InlineData("recurrent_chunk_size", "0")]
    [InlineData("layernorm_eps", "1e999")]
    [InlineData("layernorm_embedding", "0")]
    public void TorchScale_option_is_refused_by_name(string option, string value) => AssertRefused(TorchScale, option, value, null);

    [Fact]
    public void State_whose_size_is_no_models_is_refused()
    {
        // A file of some megabytes could otherwise ask for a state of terabytes.
        string fla = With(Fla, "hidden_size", "64", "num_heads", "1", "expand_k", "1024");
        string torchScale = With(TorchScale, "decoder_embed_dim", "65536", "decoder_value_embed_dim", "65536", "decoder_retention_heads",
            "1");

        Assert.Equal(1 << 16, Parse(With(fla, "expand_v", "64")).KeyWidth);
        Assert.Contains("1 heads × 65536 × 4160", Assert.Throws<CheckpointException>(() => Parse(With(fla, "expand_v", "65"))).Message,
            StringComparison.Ordinal);
        Assert.Contains("1 heads × 65536 × 65536", Assert.Throws<CheckpointException>(() => Parse(torchScale)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Transformer_is_no_RetNet()
        => Assert.Throws<CheckpointException>(() => Parse("""{"model_type":"llama"}"""));

    private static void AssertRefused(string configuration, string option, string value, string? atFault)
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Parse(With(configuration, option, value)));
        Assert.StartsWith($"config.json, option '{atFault ?? option}': found ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("; expected ", exception.Message, StringComparison.Ordinal);
        Assert.Equal("config.json", exception.File);
    }

    private static RetNetConfiguration Parse(string json) => RetNetConfiguration.Parse(JsonElement.Parse(json), "config.json");

    private static string With(string configuration, params string[] optionsAndValues)
    {
        JsonObject json = JsonNode.Parse(configuration)!.AsObject();
        foreach (string[] option in optionsAndValues.Chunk(2))
            json[option[0]] = JsonNode.Parse(option[1]);
        return json.ToJsonString();
    }
}

using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Experts;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Models.Transformer.Rotations;

namespace RetNet.Extensions.Core.Tests.Checkpoints.Gguf;

public class GgufConfigurationTests
{
    [Fact]
    public void Metadata_become_the_configuration()
    {
        TransformerConfiguration configuration = Parse(GgufModels.Metadata(
            "llama", ("llama.rope.freq_base", 500000f), ("llama.rope.dimension_count", 4), ("tokenizer.ggml.bos_token_id",
                1), ("tokenizer.ggml.eos_token_id", 2),
            ("tokenizer.ggml.eot_token_id", 4), ("tokenizer.ggml.eom_token_id", 2), ("tokenizer.ggml.padding_token_id", 3)).WithWeights());

        Assert.Equivalent(
            new TransformerConfiguration
            {
                ModelType = "llama",
                Width = 8,
                Layers = 2,
                Heads = 2,
                KeyValueHeads = 1,
                HeadWidth = 4,
                FeedForwardWidth = 16,
                NormEpsilon = 1e-5f,
                RopeTheta = 500000,
                QueryKeyValueBias = false,
                OutputBias = false,
                QueryKeyNorm = QueryKeyNorm.None,
                TieEmbeddings = false,
                VocabularySize = 5,
                ContextLength = 64,
                SlidingWindows = [null, null],
                BosTokenId = 1,
                EosTokenIds = [2, 4],
                PadTokenId = 3,
            },
            configuration,
            strict: true);
    }

    [Fact]
    public void Tokens_end_a_text_where_their_own_text_says_so_unless_they_are_normal()
    {
        TransformerConfiguration configuration = Parse(GgufModels.Metadata(
            "llama", ("tokenizer.ggml.tokens", (string[])["<|im_start|>", "<|im_end|>", "</s>", "<|endoftext|>", "a"]),
            ("tokenizer.ggml.token_type", (int[])[3, 4, 1, 3, 1]), ("tokenizer.ggml.eos_token_id", 3)).WithWeights());

        Assert.Equal([3, 1], configuration.EosTokenIds);
        Assert.Equal([0], Ends(["<｜end▁of▁sentence｜>", "a"]));
        Assert.Equal([1], Ends(["</s>", "<|tool_response>", "a"]));
    }

    [Fact]
    public void Tokens_between_files_end_what_is_filled_in_between_parts_of_code()
    {
        string[] tokens = ["a", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<pad>"];

        Assert.Equal([1, 2, 3], Ends(tokens));
        Assert.Equal([4, 2, 3], Ends(tokens, ("tokenizer.ggml.fim_pad_token_id", 4)));
    }

    [Fact]
    public void An_id_that_is_no_token_names_none()
    {
        TransformerConfiguration configuration = Parse(GgufModels.Metadata(
            "llama", ("tokenizer.ggml.bos_token_id", 5), ("tokenizer.ggml.eos_token_id", 4), ("tokenizer.ggml.eot_token_id", 32000),
            ("tokenizer.ggml.padding_token_id", uint.MaxValue)).WithWeights());

        Assert.Equal((null, null), (configuration.BosTokenId, configuration.PadTokenId));
        Assert.Equal([4], configuration.EosTokenIds);
    }

    [Fact]
    public void Soft_caps_that_a_file_of_Gemma_2_does_not_state_are_the_architectures_own()
    {
        const string Logits = "final_logit_softcapping", Scores = "attn_logit_softcapping";

        Assert.Equal((30f, 50f), Caps("gemma2"));
        Assert.Equal((null, 20f), Caps("gemma2", (Logits, 0f), (Scores, 20f)));
        Assert.Equal((null, null), Caps("gemma3"));

        static (float?, float?) Caps(string architecture, params (string Option, object Value)[] more)
        {
            TransformerConfiguration configuration = Parse(GgufModels.Metadata(
                architecture, [.. more.Select(one => ($"{architecture}.{one.Option}", one.Value))]).WithWeights(head: false));
            return (configuration.LogitSoftCap, configuration.AttentionSoftCap);
        }
    }

    [Theory]
    [InlineData("<|return|>", "<|call|>", 3, 2)]
    [InlineData("<|calls|>", "<|flush|>", 3, 2)]
    [InlineData("<|return|>", "<|flush|>", 3, 1, 2)]
    public void The_end_of_a_message_is_not_that_of_an_answer_where_answers_are_several_messages(
        string last, string call, params int[] ends)
    {
        TransformerConfiguration configuration = Parse(GgufModels.Metadata(
            "llama", ("tokenizer.ggml.tokens", (string[])["<|start|>", "<|end|>", call, last, "a"]),
            ("tokenizer.ggml.token_type", (int[])[3, 3, 3, 3, 1]), ("tokenizer.ggml.eos_token_id", 3)).WithWeights());

        Assert.Equal(ends, configuration.EosTokenIds);
    }

    [Fact]
    public void Architectures_differ_in_biases_norms_and_windows()
    {
        TransformerConfiguration tied = Parse(GgufModels.Metadata().WithWeights(head: false));
        TransformerConfiguration windowed = Parse(GgufModels.Metadata("llama", ("llama.attention.sliding_window", 16)).WithWeights());
        TransformerConfiguration qwen2 = Parse(GgufModels.Metadata("qwen2").WithWeights());
        TransformerConfiguration qwen3 = Parse(GgufModels.Metadata("qwen3", ("qwen3.attention.key_length", 6),
            ("qwen3.attention.value_length", 6)).WithWeights());
        TransformerConfiguration biased = Parse(GgufModels.Metadata().WithWeights().WithFloats("blk.0.attn_q.bias", [8], 0));

        Assert.True(tied.TieEmbeddings);
        Assert.Equal([16, 16], windowed.SlidingWindows);
        Assert.True(qwen2.QueryKeyValueBias);
        Assert.False(qwen2.OutputBias);
        Assert.Equal((QueryKeyNorm.PerHead, 6), (qwen3.QueryKeyNorm, qwen3.HeadWidth));
        Assert.True(biased.QueryKeyValueBias);
    }

    [Fact]
    public void A_llama_with_biases_of_queries_but_not_of_the_output_is_a_Qwen2()
    {
        TransformerConfiguration neither = Parse(GgufModels.Metadata().WithWeights());
        TransformerConfiguration queries = Parse(GgufModels.Metadata().WithWeights().WithFloats("blk.0.attn_q.bias", [8], 0));
        TransformerConfiguration both = Parse(GgufModels.Metadata().WithWeights().WithFloats("blk.0.attn_q.bias", [8], 0)
            .WithFloats("blk.0.attn_output.bias", [8], 0));

        Assert.Equal(("llama", false, false), (neither.ModelType, neither.QueryKeyValueBias, neither.OutputBias));
        Assert.Equal(("qwen2", true, false), (queries.ModelType, queries.QueryKeyValueBias, queries.OutputBias));
        Assert.Equal(("llama", true, true), (both.ModelType, both.QueryKeyValueBias, both.OutputBias));
    }

    [Fact]
    public void Windows_of_gemma_follow_a_period_or_flags()
    {
        TransformerConfiguration period = Parse(Gemma3(12).WithWeights(head: false));
        TransformerConfiguration flags = Parse(Gemma3(3, ("gemma3.attention.sliding_window_pattern", (bool[])[true, false, true]))
            .WithWeights(head: false));

        Assert.Equal([5, 11], Enumerable.Range(0, 12).Where(layer => period.SlidingWindow(layer) is null));
        Assert.Equal([16, null, 16], flags.SlidingWindows);
        Assert.Equal([LayerRotation.Local, LayerRotation.Global, LayerRotation.Local], flags.LayerRotations);
    }

    [Fact]
    public void The_scale_of_gemmas_attention_is_that_of_a_head_but_for_the_largest()
    {
        Assert.Equal(Math.Pow(6, -0.5), Scale(layers: 12), 1e-6);
        Assert.Equal(Math.Pow(8 / 2, -0.5), Scale(layers: 62), 1e-6);

        static float Scale(int layers) =>
            Parse(Gemma3(layers, ("gemma3.attention.key_length", 6)).WithWeights(head: false)).AttentionScale;
    }

    [Fact]
    public void The_scale_of_a_whole_tensor_is_refused_by_name()
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(
            () => Parse(GgufModels.Metadata().WithWeights().WithFloats("blk.0.attn_q.scale", [1], 2)));

        Assert.Contains("tensor 'blk.0.attn_q.scale': found the scale of a whole tensor, as NVFP4 has it", exception.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Scaling_of_the_rotation_is_linear_or_by_divisors()
    {
        TransformerConfiguration linear = Parse(GgufModels.Metadata("llama", ("llama.rope.scaling.type", "linear"),
            ("llama.rope.scaling.factor", 4f)).WithWeights());
        TransformerConfiguration older = Parse(GgufModels.Metadata("llama", ("llama.rope.scale_linear", 2f)).WithWeights());
        TransformerConfiguration none = Parse(GgufModels.Metadata("llama", ("llama.rope.scaling.type", "none"),
            ("llama.rope.scaling.factor", 4f)).WithWeights());
        TransformerConfiguration divided = Parse(GgufModels.Metadata().WithWeights().WithTensor("rope_freqs.weight", GgufBytes.F32, [2],
            [.. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(8f)]));

        Assert.Equal(new LinearRotaryScaling(4), linear.RotaryScaling);
        Assert.Equal(new LinearRotaryScaling(2), older.RotaryScaling);
        Assert.Null(none.RotaryScaling);
        Assert.Equal([1f, 8f], Assert.IsType<DividedRotaryScaling>(divided.RotaryScaling).Divisors);
        Assert.Equal([1f, 0.01f / 8], divided.ComputeRotaryFrequencies());
    }

    [Fact]
    public void The_factor_of_attention_of_yarn_has_an_older_key_in_files_of_OLMo_3()
    {
        const string Older = "rope.scaling.attn_factor", Own = "rope.scaling.yarn_attn_factor";

        Assert.Equal(1.25, Attention("olmo2", (Older, 1.25f)));
        Assert.Equal(1.5, Attention("olmo2", (Older, 1.25f), (Own, 1.5f)));
        Assert.Equal((0.1 * Math.Log(8)) + 1, Attention("olmo2"), 1e-6);
        Assert.Contains(Older, Assert.Throws<CheckpointException>(() => Attention("llama", (Older, 1.25f))).Message,
            StringComparison.Ordinal);

        static double Attention(string architecture, params (string Key, object Value)[] more) =>
            Assert.IsType<YarnRotaryScaling>(Parse(GgufModels.Metadata(architecture,
            [
                .. from option in ((string Key, object Value)[])[("attention.sliding_window", 16), ("rope.scaling.type", "yarn"),
                       ("rope.scaling.factor", 8f), ("rope.scaling.original_context_length", 8), .. more]
                   select ($"{architecture}.{option.Key}", option.Value),
            ]).WithWeights()).RotaryScaling).Attention;
    }

    [Theory]
    [InlineData("qwen2moe")]
    [InlineData("qwen3moe")]
    public void A_width_of_experts_that_is_not_stated_is_shared_among_those_of_a_token(string architecture)
    {
        string width = $"{architecture}.expert_feed_forward_length", shared = $"{architecture}.expert_shared_feed_forward_length";

        Assert.Equal(8, Experts().Width);
        Assert.Equal(8, Experts((width, 0)).Width);
        Assert.Equal(6, Experts((width, 6)).Width);
        if (architecture == "qwen2moe")
            Assert.Equal([16, 16, 12], new[] { Experts(), Experts((shared, 0)), Experts((shared, 12)) }.Select(one => one.SharedWidth));

        ExpertOptions Experts(params (string Key, object Value)[] more) => Parse(GgufModels.Metadata(architecture,
            [($"{architecture}.expert_count", 4), ($"{architecture}.expert_used_count", 2), .. more]).WithWeights()).Experts!;
    }

    [Fact]
    public void Divisors_of_llama3_give_the_frequencies_of_its_rule()
    {
        TransformerConfiguration configuration = Parse(GgufModels.Metadata("llama", ("llama.attention.key_length", 64),
            ("llama.rope.freq_base", 500000f)).WithWeights());
        float[] plain = configuration.ComputeRotaryFrequencies();
        float[] ruled = (configuration with { RotaryScaling = new Llama3RotaryScaling(32, 1, 4, 8192) }).ComputeRotaryFrequencies();
        float[] divisors = [.. plain.Zip(ruled, (frequency, scaled) => frequency / scaled)];

        float[] divided = (configuration with { RotaryScaling = new DividedRotaryScaling(divisors) }).ComputeRotaryFrequencies();

        for (int i = 0; i < divided.Length; i++)
            Assert.Equal(ruled[i], divided[i], ruled[i] * 1e-6f);
    }

    public static TheoryData<string, string, object, string> Refused => new()
    {
        { "general.architecture", "falcon", 0, "expected llama, mistral3, qwen2, qwen3, gemma" },
        { "qwen2.expert_count", "qwen2", 8, "option 'qwen2.expert_count'" },
        { "llama.rope.scaling.type", "llama", "dynamic", "none, linear, yarn or longrope" },
        { "llama.rope.scaling.type", "llama", "longrope", "lacks rope_factors_long.weight" },
        { "llama.rope.dimension_count", "llama", 2, "option 'llama.rope.dimension_count'" },
        { "llama.attention.value_length", "llama", 2, "option 'llama.attention.value_length'" },
        { "llama.attention.causal", "llama", false, "option 'llama.attention.causal'" },
        { "llama.logit_scale", "llama", 2f, "not supported" },
        { "llama.attention.key_length", "llama", 3, "even" },
        { "llama.attention.sliding_window", "llama", "long", "an integer" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_is_not_supported_is_refused_by_key(string key, string architecture, object value, string message)
    {
        GgufBytes file = key == "general.architecture"
            ? GgufModels.Metadata(architecture)
            : GgufModels.Metadata(architecture, (key, value));

        CheckpointException exception = Assert.Throws<CheckpointException>(() => Parse(file.WithWeights()));

        Assert.Contains(key, exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("attention.head_count")]
    [InlineData("attention.head_count_kv")]
    [InlineData("feed_forward_length")]
    public void Numbers_that_differ_by_layer_are_refused_by_key(string name)
    {
        GgufBytes file = new GgufBytes().With("general.architecture", "llama").With("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        foreach ((string option, int value) in new[] { ("block_count", 2), ("embedding_length", 8), ("feed_forward_length", 16),
            ("attention.head_count", 2), ("attention.head_count_kv", 1) })
        {
            file.With($"llama.{option}", option == name ? (int[])[value, value] : value);
        }

        CheckpointException exception = Assert.Throws<CheckpointException>(() => Parse(file.WithWeights()));

        Assert.Contains($"option 'llama.{name}': found", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_tokens_than_embeddings_are_refused()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("model.gguf", GgufModels.Metadata("llama", [.. GgufTokenizerTests.ByteLevel]).WithWeights().ToArray());

        Assert.Contains("found an array of 9 of type String; expected at most 5 texts",
            Assert.Throws<CheckpointException>(() => TextModel.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_and_foreign_tensors_are_named_as_in_the_file()
    {
        using TemporaryFolder folder = new();
        string shape = folder.Write("shape.gguf", GgufModels.Metadata("llama", ("llama.attention.key_length", 6)).WithWeights().ToArray());
        string foreign = folder.Write(
            "foreign.gguf", GgufModels.Metadata().WithWeights().WithFloats("blk.0.ffn_gate_inp.weight", [2, 8], 1).ToArray());
        string layer = folder.Write("layer.gguf", GgufModels.Metadata("qwen2").WithWeights().ToArray());

        Assert.Contains("tensor 'blk.0.attn_q.weight': found shape [8 × 8]; expected [12 × 8]",
            Assert.Throws<CheckpointException>(() => LanguageModel.Load(shape)).Message, StringComparison.Ordinal);
        Assert.Contains("'blk.0.ffn_gate_inp.weight'", Assert.Throws<CheckpointException>(() => LanguageModel.Load(foreign)).Message,
            StringComparison.Ordinal);
        Assert.Contains("tensor 'blk.0.attn_q.bias': found no such tensor",
            Assert.Throws<CheckpointException>(() => LanguageModel.Load(layer)).Message, StringComparison.Ordinal);
    }

    private static GgufBytes Gemma3(int layers, params (string Key, object Value)[] more)
    {
        GgufBytes file = new GgufBytes().With("general.architecture", "gemma3").With("gemma3.block_count", layers)
            .With("gemma3.embedding_length", 8).With("gemma3.feed_forward_length", 16).With("gemma3.attention.head_count", 2)
            .With("gemma3.attention.layer_norm_rms_epsilon", 1e-6f).With("gemma3.attention.sliding_window", 16);
        foreach ((string key, object value) in more)
            file.With(key, value);
        return file;
    }

    private static IReadOnlyList<int> Ends(string[] tokens, params (string Key, object Value)[] more) =>
        Parse(GgufModels.Metadata("llama", [("tokenizer.ggml.tokens", tokens),
            ("tokenizer.ggml.token_type", Array.ConvertAll(tokens, _ => 4)), .. more]).WithWeights()).EosTokenIds;

    private static TransformerConfiguration Parse(GgufBytes file)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("model.gguf", file.ToArray());
        using Checkpoint checkpoint = Checkpoint.Open(path);
        return TransformerConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
    }
}

using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Adapters;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Tests.Checkpoints.Gguf;

namespace RetNet.Extensions.Core.Tests.Checkpoints.Adapters;

/// <summary>What adapters of PEFT and of llama.cpp are refused for: the message names the option or the tensor.</summary>
public sealed class LoraAdapterTests : IDisposable
{
    private const string Module = "base_model.model.model.layers.0.self_attn.q_proj";
    private const string Matrix = "model.layers.0.self_attn.q_proj.weight";

    private readonly TemporaryFolder _folder = new();
    private readonly Checkpoint _model;

    public LoraAdapterTests()
    {
        byte[] weights = SafetensorsBytes.Floats((Matrix, [4, 6], 1), ("model.layers.0.self_attn.k_proj.weight", [2, 6], 1));
        _model = Checkpoint.FromMemory("model", """{"head_dim":2}"""u8.ToArray(), new MemoryStream(weights));
    }

    [Theory]
    [InlineData("""{"r":2}""", "peft_type")]
    [InlineData("""{"peft_type":"IA3","r":2}""", "peft_type")]
    [InlineData("""{"peft_type":"LORA","r":2,"use_dora":true}""", "use_dora")]
    [InlineData("""{"peft_type":"LORA","r":2,"bias":"lora_only"}""", "bias")]
    [InlineData("""{"peft_type":"LORA","r":2,"fan_in_fan_out":true}""", "fan_in_fan_out")]
    [InlineData("""{"peft_type":"LORA","r":2,"lora_bias":true}""", "lora_bias")]
    [InlineData("""{"peft_type":"LORA","r":2,"init_lora_weights":"pissa_niter_16"}""", "init_lora_weights")]
    [InlineData("""{"peft_type":"LORA","r":2,"target_parameters":["experts.down"]}""", "target_parameters")]
    [InlineData("""{"peft_type":"LORA","r":2,"target_modules":"(q_proj"}""", "target_modules")]
    [InlineData("""{"peft_type":"LORA","r":2,"target_modules":["k_proj"]}""", "target_modules")]
    [InlineData("""{"peft_type":"LORA","r":2,"target_modules":["q_proj"],"layers_to_transform":[1]}""", "target_modules")]
    [InlineData("""{"peft_type":"LORA","r":2,"target_modules":["q_proj","k_proj"]}""", "k_proj.weight")]
    [InlineData("""{"peft_type":"LORA","r":3,"target_modules":["q_proj"]}""", "rank 3")]
    [InlineData("""{"peft_type":"LORA","r":2,"target_modules":["q_proj"],"rank_pattern":{"q_proj":4}}""", "rank 4")]
    [InlineData("""{"peft_type":"LORA","r":0,"target_modules":["q_proj"]}""", "'r'")]
    [InlineData("""{"peft_type":"LORA","r":2,"target_modules":"((.*)*)*x"}""", "adapter_config.json")]
    public void An_option_that_is_not_supported_or_contradicts_the_tensors_is_named(string configuration, string named)
    {
        WriteWeights((Module + ".lora_A.weight", [2, 6]), (Module + ".lora_B.weight", [4, 2]));
        _folder.Write("adapter_config.json", configuration);

        AssertRefused(_folder.Root, named);
    }

    [Theory]
    [InlineData(".lora_A.weight", 2, 6, ".lora_C.weight", 4, 2, "lora_B")]
    [InlineData(".lora_A.weight", 2, 5, ".lora_B.weight", 4, 2, "[2 × 6]")]
    [InlineData(".lora_A.weight", 2, 6, ".lora_B.weight", 5, 2, "[4 × 2]")]
    [InlineData(".lora_A.weight", 2, 6, ".lora_B.weight", 4, 3, "[4 × 2]")]
    [InlineData(".lora_A.weight", 2, 6, ".lora_magnitude_vector", 4, 2, "lora_")]
    [InlineData(".weight", 4, 6, ".lora_B.weight", 4, 2, "q_proj")]
    public void Tensors_that_do_not_fit_the_model_are_named(
        string a, int aRows, int aColumns, string b, int bRows, int bColumns, string named)
    {
        WriteWeights((Module + a, [aRows, aColumns]), (Module + b, [bRows, bColumns]));
        WriteConfiguration();

        AssertRefused(_folder.Root, named);
    }

    [Fact]
    public void A_change_of_a_matrix_that_the_model_does_not_have_is_named()
    {
        string other = Module.Replace("layers.0", "layers.7", StringComparison.Ordinal);
        WriteWeights((other + ".lora_A.weight", [2, 6]), (other + ".lora_B.weight", [4, 2]));
        WriteConfiguration();

        AssertRefused(_folder.Root, "layers.7");
    }

    [Theory]
    [InlineData("model.layers.0.self_attn.q_proj")]
    [InlineData("model.language_model.layers.0.self_attn.q_proj")]
    [InlineData("language_model.model.layers.0.self_attn.q_proj")]
    [InlineData("layers.0.self_attn.q_proj")]
    public void A_text_model_is_found_by_every_name_that_transformers_gave_it(string stored)
    {
        byte[] weights = SafetensorsBytes.Floats(
            (stored + ".weight", [4, 6], 1), ("vision_tower.layers.0.self_attn.q_proj.weight", [2, 2], 1));
        using Checkpoint model = Checkpoint.FromMemory("model", """{"head_dim":2}"""u8.ToArray(), new MemoryStream(weights));
        WriteConfiguration();
        foreach (string name in (string[])["model.layers.0", "model.language_model.layers.0", "language_model.model.layers.0", "layers.0"])
        {
            string module = $"base_model.model.{name}.self_attn.q_proj", picture = "base_model.model.model.vision_tower.layers.0.fc";
            WriteWeights((module + ".lora_A.weight", [2, 6]), (module + ".lora_B.weight", [4, 2]), (picture + ".lora_A.weight", [2, 2]));

            using LoraAdapter adapter = LoraAdapter.Open(_folder.Root, 1, model);

            Assert.Equal(stored + ".weight", Assert.Single(adapter.Updates).Key);
        }
    }

    [Fact]
    public void Two_changes_of_one_matrix_are_refused()
    {
        string other = Module.Replace("model.model.", "model.model.language_model.", StringComparison.Ordinal);
        WriteWeights((Module + ".lora_A.weight", [2, 6]), (Module + ".lora_B.weight", [4, 2]), (other + ".lora_A.weight", [2, 6]),
            (other + ".lora_B.weight", [4, 2]));
        WriteConfiguration();

        AssertRefused(_folder.Root, "one change of");
    }

    [Fact]
    public void A_folder_without_an_adapter_is_named() => AssertRefused(_folder.Root, "adapter_model.safetensors");

    [Fact]
    public void A_merged_matrix_is_what_the_formula_says()
    {
        WriteWeights((Module + ".lora_A.weight", [2, 6]), (Module + ".lora_B.weight", [4, 2]));
        WriteConfiguration();

        using Checkpoint merged = AdapterMerge.Merge(_model.Share(), [(_folder.Root, 0.5f)], keepsIntegers: true);

        float[] values = new float[24];
        merged.Tensors[Matrix].CopyTo(values);
        // 1 + 0.5 · (8 / 2) · Σ over 2 of 3 · 3.
        Assert.All(values, value => Assert.Equal(1 + (0.5f * 4 * 18), value));
        merged.Tensors[Matrix].Rows(1, 2).CopyTo(values.AsSpan(0, 12));
        Assert.Equal(37, values[0]);
    }

    [Fact]
    public void Norms_of_a_gguf_adapter_replace_those_of_the_model()
    {
        byte[] weights = SafetensorsBytes.Floats((Matrix, [4, 6], 1), ("model.layers.0.input_layernorm.weight", [6], 1),
            ("model.norm.weight", [6], 1));
        using Checkpoint model = Checkpoint.FromMemory("model", """{"head_dim":2}"""u8.ToArray(), new MemoryStream(weights));
        GgufBytes file = new GgufBytes().With("general.architecture", "llama").With("general.type", "adapter").With("adapter.type", "lora")
            .WithFloats("blk.0.attn_q.weight.lora_a", [2, 6], 3).WithFloats("blk.0.attn_q.weight.lora_b", [4, 2], 3)
            .WithFloats("blk.0.attn_norm.weight", [6], 5).WithFloats("output_norm.weight", [6], 7);

        using Checkpoint merged = AdapterMerge.Merge(
            model.Share(), [(_folder.Write("adapter.gguf", file.ToArray()), 1)], keepsIntegers: true);

        Assert.All(merged.Tensors["model.layers.0.input_layernorm.weight"].ToFloats(), value => Assert.Equal(5, value));
        Assert.All(merged.Tensors["model.norm.weight"].ToFloats(), value => Assert.Equal(7, value));
    }

    [Theory]
    [InlineData("general.type", "model", "general.type")]
    [InlineData("adapter.type", "control-vector", "adapter.type")]
    public void A_gguf_file_that_is_no_adapter_is_named(string key, string value, string named)
    {
        GgufBytes file = new();
        foreach ((string name, object content) in new (string, object)[]
            { ("general.architecture", "llama"), ("general.type", "adapter"), ("adapter.type", "lora"), ("adapter.lora.alpha", 8f) })
        {
            file.With(name, name == key ? value : content);
        }

        AssertRefused(_folder.Write("adapter.gguf", file.ToArray()), named);
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    private void WriteWeights(params (string Name, int[] Shape)[] tensors) => _folder.Write(
        "adapter_model.safetensors", SafetensorsBytes.Floats([.. tensors.Select(tensor => (tensor.Name, tensor.Shape, 3f))]));

    private void WriteConfiguration() =>
        _folder.Write("adapter_config.json", """{"peft_type":"LORA","r":2,"lora_alpha":8,"target_modules":["q_proj"]}""");

    private void AssertRefused(string path, string named)
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => LoraAdapter.Open(path, 1, _model));
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
    }
}

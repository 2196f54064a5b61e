using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;

namespace RetNet.Extensions.Core.Tests.Checkpoints.Quantized;

/// <summary>What quantised safetensors are refused for, before a number of them is used: the message names the option or the
/// tensor.</summary>
public sealed class QuantizedTensorsTests
{
    private const string Gptq = """{"quant_method":"gptq","bits":4,"group_size":32}""";

    [Theory]
    [InlineData("""{"quant_method":"hqq"}""", "'hqq'", "GGUF")]
    [InlineData("""{}""", "quant_method", "bitsandbytes")]
    [InlineData("""{"quant_method":"gptq","bits":3}""", "bits", "4 or 8")]
    [InlineData("""{"quant_method":"gptq","bits":4,"checkpoint_format":"marlin"}""", "marlin", "gptq_v2")]
    [InlineData("""{"quant_method":"gptq","bits":4,"dynamic":{"x":{}}}""", "dynamic", "none")]
    [InlineData("""{"quant_method":"awq","bits":4,"version":"gemv"}""", "gemv", "gemm")]
    [InlineData("""{"quant_method":"awq","bits":3}""", "bits", "4")]
    [InlineData("""{"quant_method":"compressed-tensors","format":"nvfp4-pack-quantized"}""", "nvfp4-pack-quantized", "pack-quantized")]
    [InlineData("""{"quant_method":"compressed-tensors","format":"pack-quantized","transform_config":{"a":{}}}""", "transform_config",
        "none")]
    [InlineData("""{"quant_method":"compressed-tensors","config_groups":{"g":{"format":"marlin-24"}}}""", "format", "int-quantized")]
    [InlineData("""{"quant_method":"compressed-tensors","sparsity_config":{"format":"sparse-24-bitmask"}}""", "sparsity_config.format",
        "dense")]
    [InlineData("""{"quant_method":"compressed-tensors","sparsity_config":{"targets":[]}}""", "sparsity_config.format", "dense")]
    public void A_method_or_an_option_that_is_not_supported_is_named(string quantization, string found, string expected)
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Open(quantization, ("w", "F32", [1, 2])));
        Assert.Contains(found, exception.Message, StringComparison.Ordinal);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sparsity_that_leaves_weights_whole_changes_nothing()
    {
        const string dense = """
            {"quant_method":"compressed-tensors","format":"float-quantized","sparsity_config":{"format":"dense","global_sparsity":0.1,
            "ignore":[],"registry_requires_subclass":false,"sparsity_structure":"unstructured","targets":[]}}
            """;

        Assert.Equal("a.weight", Assert.Single(Open(dense, ("a.weight", "F8_E4M3", [3, 4]), ("a.weight_scale", "F32", [3, 1]))));
    }

    [Fact]
    public void Parts_that_contradict_each_other_are_named()
    {
        (string, string, int[]) weight = (
            "a.qweight", "I32", [8, 16]), zeros = ("a.qzeros", "I32", [2, 2]), scales = ("a.scales", "F16", [2, 16]);
        Assert.Equal("a.weight", Assert.Single(Open(Gptq, weight, zeros, scales)));
        AssertRefused("a.scales", Gptq, weight, zeros);
        AssertRefused("[2 × 16]", Gptq, weight, zeros, ("a.scales", "F16", [3, 16]));
        AssertRefused("[2 × 2]", Gptq, weight, scales, ("a.qzeros", "I32", [2, 16]));
        AssertRefused("a.scales", Gptq, weight, zeros, ("a.scales", "I16", [2, 16]));
        AssertRefused("a.qweight", Gptq, ("a.qweight", "F32", [8, 16]), zeros, scales);
        AssertRefused("a.qweight", Gptq, ("a.qweight", "I32", [128]), zeros, scales);
        AssertRefused("a.g_idx", Gptq, weight, zeros, scales, ("a.g_idx", "I32", [63]));
        AssertRefused("a.weight", Gptq, weight, zeros, scales, ("a.weight", "F32", [2, 2]));
        AssertRefused("group_size", Gptq.Replace("32", "0", StringComparison.Ordinal), weight, zeros, scales);
    }

    [Fact]
    public void A_group_that_does_not_exist_is_named()
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Open(Gptq, 1000, ("a.qweight", "I32", [8, 16]),
            ("a.qzeros", "I32", [2, 2]), ("a.scales", "F16", [2, 16]), ("a.g_idx", "I32", [64])));

        Assert.Contains("a.g_idx", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scales_and_states_of_other_methods_are_checked_too()
    {
        const string fp8 = """{"quant_method":"fp8","weight_block_size":[2,2]}""", bnb = """{"quant_method":"bitsandbytes"}""";
        const string packed = """{"quant_method":"compressed-tensors","format":"pack-quantized"}""";
        Assert.Equal("a.weight", Assert.Single(Open(fp8, ("a.weight", "F8_E4M3", [3, 4]), ("a.weight_scale_inv", "F32", [2, 2]))));
        AssertRefused("[2 × 2]", fp8, ("a.weight", "F8_E4M3", [3, 4]), ("a.weight_scale_inv", "F32", [2, 3]));
        AssertRefused("a.weight", fp8, ("a.weight_scale_inv", "F32", [2, 2]));
        AssertRefused("F8_E4M3", fp8, ("a.weight", "F32", [3, 4]), ("a.weight_scale_inv", "F32", [2, 2]));
        AssertRefused("a.weight_shape", packed, ("a.weight_packed", "I32", [2, 4]), ("a.weight_scale", "F32", [2, 1]));
        AssertRefused("a.weight_shape", packed, ("a.weight_packed", "I32", [2, 4]), ("a.weight_shape", "I64", [2]));
        AssertRefused("JSON", bnb, ("a.weight", "U8", [4, 1]), ("a.weight.quant_state.bitsandbytes__nf4", "U8", [9]));
        AssertRefused("a.SCB", bnb, ("a.weight", "I8", [4, 2]), ("a.SCB", "F32", [3]));
    }

    private static void AssertRefused(string named, string quantization, params (string Name, string Type, int[] Shape)[] tensors)
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Open(quantization, tensors));
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Open(string quantization, params (string Name, string Type, int[] Shape)[] tensors) =>
        Open(quantization, 0, tensors);

    // The names of the tensors of a checkpoint whose data all are one number.
    private static IEnumerable<string> Open(string quantization, int number, params (string Name, string Type, int[] Shape)[] tensors)
    {
        StringBuilder header = new("{");
        List<byte> data = [];
        foreach ((string name, string type, int[] shape) in tensors)
        {
            int bytes = shape.Aggregate(1, (a, b) => a * b) * type switch { "I64" => 8, "F32" or "I32" => 4, "F16" or "I16" => 2, _ => 1 };
            header.Append($"{(data.Count == 0 ? "" : ",")}\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[{string.Join(',', shape)}],"
                + $"\"data_offsets\":[{data.Count},{data.Count + bytes}]}}");
            for (int i = 0; i < bytes; i++)
                data.Add((byte)(number >> (i % 4 * 8)));
        }

        byte[] configuration = Encoding.UTF8.GetBytes($$"""{"model_type":"llama","quantization_config":{{quantization}}}""");
        byte[] weights = SafetensorsBytes.File(header.Append('}').ToString(), [.. data]);
        using Checkpoint checkpoint = Checkpoint.FromMemory("model", configuration, new MemoryStream(weights));
        return [.. checkpoint.Tensors.Keys];
    }
}

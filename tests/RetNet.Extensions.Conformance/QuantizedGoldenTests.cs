using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Conformance;

/// <summary>Quantised safetensors: the very numbers that the reference code of each method makes of them.</summary>
public sealed class QuantizedGoldenTests
{
    private const string Matrix = "model.layers.0.self_attn.q_proj.weight";

    // Blocks keep the integers; their numbers are those before the reference rounds a product.
    [Theory]
    [InlineData("fp8-blocks", TensorType.BFloat16)]
    [InlineData("fp8-tensor", TensorType.BFloat16)]
    [InlineData("fp8-e5m2", TensorType.Float32)]
    [InlineData("gptq", TensorType.Q4_1)]
    [InlineData("gptq-asymmetric", TensorType.Q8_0)]
    [InlineData("gptq-order", TensorType.Float16)]
    [InlineData("gptq-8bit", TensorType.Q8_0)]
    [InlineData("gptq-small-groups", TensorType.Float16)]
    [InlineData("awq", TensorType.Q8_0)]
    [InlineData("ct-pack4", TensorType.Float32)]
    [InlineData("ct-pack4-zeros", TensorType.Float32)]
    [InlineData("ct-pack8-bf16", TensorType.Q8_0)]
    [InlineData("ct-int8", TensorType.Float32)]
    [InlineData("ct-float8", TensorType.Float32)]
    [InlineData("bnb-nf4", TensorType.BFloat16)]
    [InlineData("bnb-fp4", TensorType.BFloat16)]
    [InlineData("bnb-int8", TensorType.BFloat16)]
    public void A_matrix_has_the_numbers_of_the_reference(string name, TensorType type)
    {
        using GoldenCase golden = new($"quantized-{name}");
        using Checkpoint checkpoint = Checkpoint.Open(golden.Folder);
        float[] expected = golden.Floats(Matrix), whole = new float[expected.Length], row = new float[(int)golden.Shape(Matrix)[1]];

        TensorView matrix = Assert.Single(checkpoint.Tensors).Value;
        matrix.CopyTo(whole);

        Assert.Equal((Matrix, type), (matrix.Name, matrix.Type));
        Assert.Equal(golden.Shape(Matrix).Select(dimension => (long)dimension), matrix.Shape.ToArray());
        Assert.Equal(expected, name switch
        {
            "gptq" or "gptq-asymmetric" or "gptq-8bit" => [.. whole.Select(value => (float)(Half)value)],
            "ct-pack8-bf16" => [.. whole.Select(value => WeightConversion.FromBFloat16(WeightConversion.ToBFloat16(value)))],
            _ => whole,
        });
        matrix.Rows(7, 1).CopyTo(row);
        Assert.Equal(whole.AsSpan(7 * row.Length, row.Length).ToArray(), row);
        Assert.False(checkpoint.Configuration.TryGetProperty("quantization_config", out _));
    }

    // AutoGPTQ writes a bias of zeros for each matrix, also where the architecture has none.
    [Fact]
    public void Biases_of_zeros_beside_quantised_matrices_change_nothing_and_others_are_refused()
    {
        using GoldenCase golden = new("quantized-llama-gptq");
        using LanguageModel expected = LanguageModel.Load(golden.Folder, new ModelLoadOptions { Threads = 1 });
        using LanguageModel model = LanguageModel.Load(WithBiases(golden.Folder, 0), new ModelLoadOptions { Threads = 1 });

        Assert.Equal(ModelRun.Batch(expected, golden.Sequences(), StateOptions.Default),
            ModelRun.Batch(model, golden.Sequences(), StateOptions.Default));
        CheckpointException exception = Assert.Throws<CheckpointException>(() => LanguageModel.Load(WithBiases(golden.Folder, 1)));
        Assert.Contains("model.layers.0.mlp.down_proj.bias", exception.Message, StringComparison.Ordinal);
    }

    private static Checkpoint WithBiases(string folder, byte number)
    {
        byte[] file = File.ReadAllBytes(Path.Combine(folder, "model.safetensors"));
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        JsonObject header = JsonNode.Parse(file.AsSpan(sizeof(long), length))!.AsObject();
        List<byte> data = [.. file.AsSpan(sizeof(long) + length)];
        string[] scales = [.. header.Select(tensor => tensor.Key).Where(name => name.EndsWith(".scales", StringComparison.Ordinal))];
        foreach (string name in scales)
        {
            int outputs = (int)header[name]!["shape"]![1]!, begin = data.Count;
            data.AddRange(Enumerable.Repeat(number, 2 * outputs));
            header[name.Replace(".scales", ".bias", StringComparison.Ordinal)] = new JsonObject
            {
                ["dtype"] = "F16",
                ["shape"] = new JsonArray(outputs),
                ["data_offsets"] = new JsonArray(begin, data.Count),
            };
        }

        byte[] content = Encoding.UTF8.GetBytes(header.ToJsonString());
        MemoryStream weights = new([.. BitConverter.GetBytes((long)content.Length), .. content, .. data]);
        return Checkpoint.FromMemory("with biases", File.ReadAllBytes(Path.Combine(folder, "config.json")), weights);
    }

    [Fact]
    public void A_quantised_model_gives_the_reference_logits_and_stays_in_integers()
    {
        using GoldenCase golden = new("quantized-llama-gptq");
        using LanguageModel widened = LanguageModel.Load(
            golden.Folder, new ModelLoadOptions { Device = TestDevice.Device, WeightFormat = WeightFormat.Float32 });
        using LanguageModel kept = LanguageModel.Load(golden.Folder);
        using Checkpoint checkpoint = Checkpoint.Open(golden.Folder);
        using TrainableModel trained = TrainableModel.Load(checkpoint);
        float[] expected = golden.Floats("logits");

        GoldenCase.AssertClose(expected, ModelRun.Batch(widened, golden.Sequences(), StateOptions.Default), golden.Tolerance("logits"),
            "logits");

        // Inputs are rounded to 16 bits.
        GoldenCase.AssertClose(expected, ModelRun.Batch(kept, golden.Sequences(), StateOptions.Default), 1e-3f, "logits");
        Assert.Equal(WeightFormat.Int4, kept.Info.WeightFormat);
        Assert.Equal(kept.Info.Parameters, trained.ParameterCount);
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Benchmarks.Models;

/// <summary>Writes models with random weights, as a Hugging Face folder and, for a Llama, as a GGUF file with the same weights.</summary>
internal static class SyntheticModel
{
    public const float NormEpsilon = 1e-5f;
    public const float RopeTheta = 10000;

    /// <summary>Writes <c>OUT/config.json</c> and <c>OUT/model.safetensors</c>; for a Llama <c>OUT.gguf</c> too.</summary>
    /// <param name="path">OUT.</param>
    /// <param name="family">llama or retnet.</param>
    /// <param name="type">How the GGUF file has its matrices; the folder has quantised models in bfloat16.</param>
    /// <param name="shape">The dimensions.</param>
    /// <param name="vocabulary">A Llama's tokenizer, written to both; null for made-up tokens, which only GGUF files have.</param>
    /// <returns>The number of parameters.</returns>
    public static long Write(string path, string family, GgufType type, SyntheticShape shape, GenuineVocabulary? vocabulary = null)
    {
        shape.Validate(type == GgufType.Q4_K ? SuperBlocks.Values : GgufWriter.BlockValues);
        bool isLlama = family == "llama";
        if (!isLlama && type is (GgufType.Q8_0 or GgufType.Q4_0 or GgufType.Q4_K))
        {
            throw new ArgumentException($"--format is {type}, which only GGUF files have, and a {family} is written as a folder; "
                + "expected f32 or bf16.");
        }

        SyntheticTensor[] tensors = [.. isLlama ? SyntheticLlama.Tensors(shape) : SyntheticRetNet.Tensors(shape)];
        JsonObject configuration = isLlama ? SyntheticLlama.Configuration(shape) : SyntheticRetNet.Configuration(shape);
        configuration["torch_dtype"] = type == GgufType.F32 ? "float32" : "bfloat16";

        Directory.CreateDirectory(path);
        vocabulary?.Write(path, configuration);
        File.WriteAllText(Path.Combine(path, "config.json"), configuration.ToJsonString(new() { WriteIndented = true }));
        TensorType stored = type == GgufType.F32 ? TensorType.Float32 : TensorType.BFloat16;
        AtomicFile.Write(Path.Combine(path, "model.safetensors"),
            stream => SafetensorsWriter.Write(stream, tensors.Select(tensor => tensor.Source), stored));
        if (isLlama)
        {
            AtomicFile.Write(GgufPath(path), stream => GgufWriter.Write(stream, shape, tensors, type,
                vocabulary?.Metadata ?? SyntheticVocabulary.Metadata(shape.Vocabulary)));
        }

        return tensors.Sum(tensor => tensor.Count);
    }

    /// <summary>Writes a Llama with experts (a Mixtral) as a GGUF file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="type">How matrices are stored.</param>
    /// <param name="shape">The dimensions.</param>
    /// <returns>The number of parameters.</returns>
    public static long WriteExperts(string file, GgufType type, SyntheticShape shape)
    {
        shape.Validate(type == GgufType.Q4_K ? SuperBlocks.Values : GgufWriter.BlockValues);
        SyntheticTensor[] tensors = [.. SyntheticLlama.TensorsWithExperts(shape)];
        AtomicFile.Write(file, stream => GgufWriter.Write(stream, shape, tensors, type, SyntheticVocabulary.Metadata(shape.Vocabulary)));
        return tensors.Sum(tensor => tensor.Count);
    }

    /// <summary>A model that is never written: its weights lie in memory.</summary>
    /// <param name="family">llama or retnet.</param>
    /// <param name="shape">The dimensions.</param>
    /// <param name="options">How it is loaded.</param>
    public static LanguageModel Create(string family, SyntheticShape shape, ModelLoadOptions options)
    {
        bool isLlama = family == "llama";
        JsonObject configuration = isLlama ? SyntheticLlama.Configuration(shape) : SyntheticRetNet.Configuration(shape);
        IEnumerable<SyntheticTensor> tensors = isLlama ? SyntheticLlama.Tensors(shape) : SyntheticRetNet.Tensors(shape);
        using MemoryStream weights = new();
        SafetensorsWriter.Write(weights, tensors.Select(tensor => tensor.Source));
        weights.Position = 0;
        return LanguageModel.Load(Checkpoint.FromMemory("synthetic", JsonSerializer.SerializeToUtf8Bytes(configuration), weights), options);
    }

    public static string GgufPath(string path) => Path.TrimEndingDirectorySeparator(path) + ".gguf";
}

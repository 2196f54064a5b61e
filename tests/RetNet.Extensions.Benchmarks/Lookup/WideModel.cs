using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Benchmarks.Models;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.Benchmarks.Lookup;

/// <summary>A larger model with the function of a small one: its further dimensions, heads and blocks are zero. It costs what a model of
/// its size costs, and writes what the small one has learnt.</summary>
internal static class WideModel
{
    /// <summary>Writes the larger model.</summary>
    /// <param name="source">A Llama's or a RetNet's folder (fla).</param>
    /// <param name="path">The folder to write.</param>
    /// <param name="width">Its width.</param>
    /// <param name="layers">Its blocks.</param>
    public static void Write(string source, string path, int width, int layers)
    {
        using Checkpoint checkpoint = Checkpoint.Open(source);
        JsonObject configuration = JsonNode.Parse(checkpoint.Configuration.GetRawText())!.AsObject();
        int oldWidth = (int)configuration["hidden_size"]!;
        DecoderLayout layout = Widen(configuration, width, layers, (double)oldWidth / width);

        Directory.CreateDirectory(path);
        foreach (string file in Directory.GetFiles(source).Where(file => !file.EndsWith(".safetensors", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(path, Path.GetFileName(file)), overwrite: true);
        File.WriteAllText(Path.Combine(path, "config.json"), configuration.ToJsonString(new() { WriteIndented = true }));

        // A norm over more dimensions, of which the further ones are zero, gives larger values.
        float scale = MathF.Sqrt((float)oldWidth / width);
        using FileStream stream = File.Create(Path.Combine(path, "model.safetensors"));
        SafetensorsWriter.Write(stream, layout.Weights.Select(weight => new TensorSource(weight.Name, weight.Shape, () => Values(weight))));

        float[] Values(WeightDeclaration weight)
        {
            int columns = weight.Shape[^1];
            float[] values = new float[weight.Shape.Aggregate(1, (product, dimension) => product * dimension)];
            if (!checkpoint.Tensors.TryGetValue(weight.Name, out TensorView? tensor))
                return values;
            float[] old = new float[tensor.ElementCount];
            tensor.CopyTo(old);
            int oldColumns = (int)tensor.Shape[^1];
            for (int row = 0; row < old.Length / oldColumns; row++)
                old.AsSpan(row * oldColumns, oldColumns).CopyTo(values.AsSpan(row * columns));
            if (weight.Shape.Length == 1 && oldColumns != columns)
                System.Numerics.Tensors.TensorPrimitives.Multiply(values, scale, values);
            return values;
        }
    }

    /// <summary>Tokens that a repeating model writes before the first of them comes again.</summary>
    public const int Cycle = 64;

    /// <summary>Writes a model of random weights whose blocks add nothing and whose text repeats itself: the highest logit is that of the
    /// token after the last one, within <see cref="Cycle"/> tokens.</summary>
    /// <param name="family">llama or retnet.</param>
    /// <param name="path">The folder to write, without a tokenizer.</param>
    /// <param name="shape">The dimensions.</param>
    public static void WriteRepeating(string family, string path, SyntheticShape shape)
    {
        bool isLlama = family == "llama";
        JsonObject configuration = isLlama ? SyntheticLlama.Configuration(shape) : SyntheticRetNet.Configuration(shape);
        configuration["tie_word_embeddings"] = false;
        SyntheticTensor[] tensors = [.. isLlama ? SyntheticLlama.Tensors(shape) : SyntheticRetNet.Tensors(shape)];
        float[] embedding = tensors.Single(tensor => tensor.Name.Contains("embed", StringComparison.Ordinal)).Values();
        float[] head = new float[embedding.Length];
        for (int token = 0; token < shape.Vocabulary; token++)
        {
            int next = token % Cycle == Cycle - 1 ? token - Cycle + 1 : token + 1;
            if (next < shape.Vocabulary)
                embedding.AsSpan(token * shape.Width, shape.Width).CopyTo(head.AsSpan(next * shape.Width));
        }

        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "config.json"), configuration.ToJsonString(new() { WriteIndented = true }));
        using FileStream stream = File.Create(Path.Combine(path, "model.safetensors"));
        SafetensorsWriter.Write(stream, tensors.Select(tensor => new TensorSource(tensor.Source.Name, tensor.Source.Shape, () =>
            tensor.Name.StartsWith("lm_head", StringComparison.Ordinal) ? head
            : tensor.Name.Contains("o_proj", StringComparison.Ordinal) || tensor.Name.Contains("down_proj", StringComparison.Ordinal)
                ? new float[tensor.Count]
            : tensor.Values())), TensorType.BFloat16);
    }

    private static DecoderLayout Widen(JsonObject configuration, int width, int layers, double share)
    {
        bool isRetNet = (string)configuration["model_type"]! == "retnet";
        string heads = isRetNet ? "num_heads" : "num_attention_heads", epsilon = isRetNet ? "norm_eps" : "rms_norm_eps";
        configuration["hidden_size"] = width;
        configuration["num_hidden_layers"] = layers;
        configuration[heads] = (int)((int)configuration[heads]! / share);
        configuration["intermediate_size"] = (int)((int)configuration["intermediate_size"]! / share);
        configuration["torch_dtype"] = "float32";
        if (isRetNet)
            return new RetNetLayout(RetNetConfiguration.Parse(JsonSerializer.SerializeToElement(configuration), "config.json"));

        // A RetNet's norm of heads has the same ε, and its heads are as wide as before.
        configuration[epsilon] = (double)configuration[epsilon]! * share;
        configuration["num_key_value_heads"] = (int)((int)configuration["num_key_value_heads"]! / share);
        return new TransformerLayout(TransformerConfiguration.Parse(JsonSerializer.SerializeToElement(configuration), "config.json"));
    }
}

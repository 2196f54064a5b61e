using RetNet.Extensions.Core.Checkpoints.Safetensors;
using static RetNet.Extensions.Core.Checkpoints.CheckpointLimits;

namespace RetNet.Extensions.Core.Checkpoints.Adapters;

/// <summary>Adapters as PEFT saves them: adapter_config.json and adapter_model.safetensors.</summary>
internal static class PeftLora
{
    private const string ConfigurationName = "adapter_config.json";
    private const string WeightsName = "adapter_model.safetensors";
    private const string Prefix = "base_model.model.";
    private const string Weight = ".weight";

    // What a tensor's name ends with. Those of an embedding are of its transpose.
    private const string Down = ".lora_A.weight";
    private const string Up = ".lora_B.weight";
    private const string EmbeddingUp = ".lora_embedding_A";
    private const string EmbeddingDown = ".lora_embedding_B";

    /// <inheritdoc cref="LoraAdapter.Open"/>
    public static LoraAdapter Open(string path, float scale, Checkpoint model)
    {
        bool isFolder = Directory.Exists(path);
        string folder = isFolder ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        string weights = isFolder ? Path.Combine(path, WeightsName) : path;
        if (!Path.Exists(weights) || !weights.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            string found = Path.Exists(weights) ? "a file of another kind" : "nothing";
            throw new CheckpointException(weights, found, $"an adapter: a folder with {WeightsName}, that file, or a .gguf file");
        }

        PeftConfiguration configuration =
            PeftConfiguration.Read(Path.Combine(folder, ConfigurationName), MaximumConfigurationLength);
        SafetensorsFile file = SafetensorsFile.Open(weights);
        try
        {
            return Read(path, file, configuration, scale, model);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static LoraAdapter Read(string path, SafetensorsFile file, PeftConfiguration configuration, float scale, Checkpoint model)
    {
        Dictionary<string, LowRankUpdate> updates = [];
        Dictionary<string, TensorView> replaced = [];
        foreach ((string name, TensorView tensor) in file.Tensors.Where(tensor => !PictureParts.Contain(tensor.Key)))
        {
            if (Module(name, Down) is { } module)
            {
                updates.Add(module + Weight, Update(module, new Factor(tensor), new Factor(Other(name, Down, Up))));
            }
            else if (Module(name, EmbeddingDown) is { } embedding)
            {
                updates.Add(embedding + Weight,
                    Update(embedding, new Factor(tensor, true), new Factor(Other(name, EmbeddingDown, EmbeddingUp), true)));
            }
            else if (Module(name, Weight) is { } whole && configuration.Saves(whole))
            {
                replaced.Add(PeftConfiguration.PlainName(whole) + Weight, tensor);
            }
            else if (Module(name, Up) is not null)
            {
                Other(name, Up, Down);
            }
            else if (Module(name, EmbeddingUp) is not null)
            {
                Other(name, EmbeddingUp, EmbeddingDown);
            }
            else
            {
                throw CheckpointException.ForTensor(file.Path, name, "a tensor that is no part of LoRA", $"{Prefix}…{Down} and its like");
            }
        }

        LoraAdapter adapter = new(path, file, updates, replaced, model);
        configuration.RequireAll(adapter, model);
        return adapter;

        TensorView Other(string name, string end, string otherEnd)
        {
            string other = name[..^end.Length] + otherEnd;
            return file.Tensors.TryGetValue(other, out TensorView? tensor)
                ? tensor
                : throw CheckpointException.ForTensor(file.Path, other, "no such tensor", $"the other factor of {name}");
        }

        LowRankUpdate Update(string module, Factor down, Factor up)
        {
            configuration.RequireTargeted(module);
            return new LowRankUpdate(down, up, scale * configuration.ScaleOf(module, down));
        }
    }

    private static string? Module(string name, string end) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(end, StringComparison.Ordinal)
            && name.Length > Prefix.Length + end.Length
            ? name[Prefix.Length..^end.Length]
            : null;
}

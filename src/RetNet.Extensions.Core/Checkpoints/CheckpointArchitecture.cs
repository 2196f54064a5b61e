using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>The one place that tells from a config.json which model family it describes.</summary>
public static class CheckpointArchitecture
{
    private const string Supported =
        "model_type retnet, llama, mistral, qwen2 or qwen3, or a torchscale RetNet (decoder_embed_dim without model_type)";

    /// <summary>Recognises a model family.</summary>
    /// <param name="configuration">Contents of config.json.</param>
    /// <param name="file">Path of config.json, for messages.</param>
    /// <returns>The family.</returns>
    /// <exception cref="CheckpointException">The family is not supported.</exception>
    public static ModelArchitecture Detect(JsonElement configuration, string file)
    {
        ConfigurationReader options = new(configuration, file);
        return options.OptionalText("model_type") switch
        {
            "retnet" => ModelArchitecture.RetNetFla,
            "llama" or "mistral" or "qwen2" or "qwen3" => ModelArchitecture.Transformer,
            null when options.Contains("decoder_embed_dim") => ModelArchitecture.RetNetTorchScale,
            null => throw CheckpointException.ForOption(file, "model_type", "nothing", Supported),
            string other => throw CheckpointException.ForOption(file, "model_type", CheckpointException.Quote(other), Supported),
        };
    }
}

using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>How the config.json of one architecture maps to a <see cref="TransformerConfiguration"/>, and back.</summary>
/// <remarks>An option that is absent has the default of transformers' class.</remarks>
internal abstract class TransformerArchitecture
{
    /// <summary>All architectures of the family.</summary>
    public static IReadOnlyList<TransformerArchitecture> All { get; } =

    [
        new LlamaArchitecture(), new MistralArchitecture(), new MixtralArchitecture(), new Qwen2Architecture(), new Qwen3Architecture(),
        new Qwen3MoeArchitecture(),
    ];

    /// <summary>The configuration's model_type.</summary>
    public abstract string ModelType { get; }

    /// <summary>The class of transformers that computes it.</summary>
    public abstract string ClassName { get; }

    /// <summary>The architecture that a configuration names; null for none of the family.</summary>
    public static TransformerArchitecture? Of(ConfigurationReader options) => Named(options.OptionalText("model_type"));

    /// <summary>The architecture of a model_type; null for none of the family.</summary>
    public static TransformerArchitecture? Named(string? modelType) => All.FirstOrDefault(one => one.ModelType == modelType);

    /// <summary>The names of experts' weights; null where an architecture has no experts.</summary>
    public virtual ExpertNames? ExpertNames => null;

    /// <summary>Reads a configuration of this architecture.</summary>
    /// <exception cref="CheckpointException">An option is missing, out of range, or set to what is not supported.</exception>
    public abstract TransformerConfiguration Read(ConfigurationReader options);

    /// <summary>Adds to a configuration the options that not every architecture has.</summary>
    public abstract void Write(JsonObject json, TransformerConfiguration c);
}

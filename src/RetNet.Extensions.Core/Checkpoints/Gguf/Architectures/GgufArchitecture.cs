using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>How the GGUF files of one architecture of llama.cpp say what a config.json of transformers and the names of its tensors
/// say. The class itself is a plain Transformer whose values are rotated by halves of a head.</summary>
/// <param name="name">general.architecture.</param>
/// <param name="modelType">model_type of the equivalent config.json.</param>
/// <param name="rotatesNeighbours">See <see cref="RotatesNeighbours"/>.</param>
internal class GgufArchitecture(string name, string modelType, bool rotatesNeighbours = false)
{
    /// <summary>general.architecture.</summary>
    public string Name => name;

    /// <summary>Whether the rows of query and key projections are in the order of a rotation of neighbours (LlamaModel.permute of
    /// llama.cpp's converter).</summary>
    public bool RotatesNeighbours => rotatesNeighbours;

    /// <summary>Whether the files hold the weights of norms plus one where transformers' checkpoints hold the weights alone.</summary>
    public virtual bool AddsOneToNorms => false;

    /// <summary>Whether only a part of each head may be rotated.</summary>
    public virtual bool RotatesPart => false;

    /// <summary>Whether the files may have experts.</summary>
    public virtual bool HasExperts => false;

    /// <summary>Whether rope.scaling.attn_factor of YaRN is the whole factor of the attention, where the file has no
    /// rope.scaling.yarn_attn_factor. Otherwise only 1 is supported, a factor of the one that follows from the lengths.</summary>
    public virtual bool HasWholeAttentionFactor => false;

    /// <summary>Whether a token sees the tokens before it only.</summary>
    public virtual bool IsCausal => true;

    /// <summary>Names of tensors.</summary>
    public virtual GgufTensorNames TensorNames { get; init; } = GgufTensorNames.Common;

    /// <summary>The options of <see cref="GgufConfiguration.Features"/>, without the prefix of the architecture, that
    /// <see cref="Write"/> translates.</summary>
    public virtual IReadOnlyList<string> Features => [];

    /// <summary>model_type of the equivalent config.json.</summary>
    public virtual string ModelType(GgufOptions options) => modelType;

    /// <summary>Writes what config.json says of sliding windows: here one for all layers.</summary>
    public virtual void WriteWindows(GgufOptions options, Utf8JsonWriter json)
    {
        if (options.Window is not int window)
            return;
        json.WriteNumber("sliding_window", window);
        json.WriteBoolean("use_sliding_window", true);
        json.WriteNumber("max_window_layers", 0);
    }

    /// <summary>Writes one window for all layers, or that there is none.</summary>
    protected static void WriteOneWindow(GgufOptions options, Utf8JsonWriter json)
    {
        if (options.Window is int window)
            json.WriteNumber("sliding_window", window);
        else
            json.WriteNull("sliding_window");
    }

    /// <summary>Writes the epsilon of the norms.</summary>
    public virtual void WriteNorm(GgufOptions options, Utf8JsonWriter json) =>
        json.WriteNumber("rms_norm_eps", options.All.Number(options.Key("attention.layer_norm_rms_epsilon"), 0, 1));

    /// <summary>Writes the options of config.json that this architecture has beyond those of every Transformer.</summary>
    public virtual void Write(GgufOptions options, Utf8JsonWriter json)
    {
    }

    /// <summary>Writes the window of some layers, see <see cref="GgufOptions.HasWindow"/>.</summary>
    /// <param name="options">The file's options.</param>
    /// <param name="json">Receives config.json.</param>
    /// <param name="window">The window; null for none.</param>
    /// <param name="absentPeriod">The period where the file states none.</param>
    protected static void WriteWindows(GgufOptions options, Utf8JsonWriter json, int? window, int absentPeriod)
    {
        if (window is not null)
            json.WriteNumber("sliding_window", window.Value);
        json.WriteStartArray("layer_types");
        foreach (bool hasWindow in options.HasWindow(absentPeriod))
            json.WriteStringValue(hasWindow && window is not null ? "sliding_attention" : "full_attention");
        json.WriteEndArray();
    }
}

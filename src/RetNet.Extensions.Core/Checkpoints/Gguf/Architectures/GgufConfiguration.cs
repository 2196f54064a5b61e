using System.Buffers;
using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>The config.json equivalent of the metadata of a GGUF file.</summary>
internal sealed class GgufConfiguration
{
    /// <summary>Options that change what a model computes: refused unless the architecture translates them.</summary>
    public static readonly IReadOnlyList<string> Features =
    [
        "attention.scale", "attention.output_scale", "attention.clamp_kqv", "attention.temperature_scale", "attention.temperature_length",
        GgufOptions.WindowPattern, "attention.key_length_swa", "attention.key_length_mla", "attn_logit_softcapping",
        "router_logit_softcapping", "final_logit_softcapping", "logit_scale", "residual_scale", "embedding_scale", "rope.freq_base_swa",
        "rope.dimension_count_swa", "rope.dimension_sections", "rope.pattern", GgufExperts.SharedCount, GgufExperts.SharedWidth,
        GgufExperts.FirstDense, GgufExperts.GuessingLayers, GgufExperts.Interval,
    ];

    private readonly GgufFile _file;
    private readonly GgufOptions _options;

    private GgufConfiguration(GgufFile file)
    {
        _file = file;
        Architecture = GgufArchitectures.Of(file);
        _options = new GgufOptions(file, Architecture.Name);
        RequireKnownFeatures();
        Content = Write();
    }

    /// <summary>The file's architecture.</summary>
    public GgufArchitecture Architecture { get; }

    /// <summary>Content of config.json.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>Width of a head.</summary>
    public int HeadWidth => _options.HeadWidth;

    /// <summary>Number of query heads.</summary>
    public int Heads => _options.Heads;

    /// <summary>Number of key and value heads.</summary>
    public int KeyValueHeads => _options.KeyValueHeads;

    /// <summary>Reads the options.</summary>
    /// <exception cref="CheckpointException">The architecture is not supported, or an option is missing, out of range or not
    /// supported.</exception>
    public static GgufConfiguration Read(GgufFile file) => new(file);

    private void RequireKnownFeatures()
    {
        if (!Architecture.HasExperts)
            _options.All.RequireNumber(_options.Key("expert_count"), 0);
        _options.All.RequireBoolean(_options.Key("attention.causal"), Architecture.IsCausal);
        if (!Architecture.RotatesPart)
            _options.All.RequireNumber(_options.Key("rope.dimension_count"), HeadWidth);
        foreach (string option in Features.Except(Architecture.Features))
            _options.All.Refuse(_options.Key(option));
    }

    private byte[] Write()
    {
        int vocabulary = VocabularySize();
        ArrayBufferWriter<byte> content = new();
        using (Utf8JsonWriter json = new(content))
        {
            string modelType = Architecture.ModelType(_options);
            json.WriteStartObject();
            json.WriteString("model_type", modelType);
            json.WriteNumber("hidden_size", _options.Width);
            json.WriteNumber("num_hidden_layers", _options.Layers);
            json.WriteNumber("num_attention_heads", _options.Heads);
            json.WriteNumber("num_key_value_heads", _options.KeyValueHeads);
            json.WriteNumber("head_dim", HeadWidth);
            json.WriteNumber("intermediate_size", _options.Integer("feed_forward_length", 1, ConfigurationReader.MaximumWidth));
            Architecture.WriteNorm(_options, json);
            json.WriteBoolean("attention_bias", modelType != "qwen2" && _options.HasQueryBias);
            json.WriteBoolean("tie_word_embeddings", !_options.HasTensor(GgufTensorNames.Head));
            json.WriteNumber("vocab_size", vocabulary);
            if (_options.OptionalInteger("context_length", 1, int.MaxValue) is int context)
                json.WriteNumber("max_position_embeddings", context);
            Architecture.WriteWindows(_options, json);
            GgufRotation.Write(_options, Architecture.HasWholeAttentionFactor, json);
            Architecture.Write(_options, json);
            WriteTokens(json, vocabulary);
            json.WriteEndObject();
        }

        return content.WrittenSpan.ToArray();
    }

    private void WriteTokens(Utf8JsonWriter json, int vocabulary)
    {
        if (_file.Metadata.TokenId(GgufKeys.BeginningOfSequence, vocabulary) is int bos)
            json.WriteNumber("bos_token_id", bos);
        if (_file.Metadata.TokenId(GgufKeys.Padding, vocabulary) is int padding)
            json.WriteNumber("pad_token_id", padding);
        json.WriteStartArray("eos_token_id");
        foreach (int id in GgufEnds.Find(_file.Metadata, vocabulary))
            json.WriteNumberValue(id);
        json.WriteEndArray();
    }

    private int VocabularySize()
    {
        TensorView? embedding = _file.Tensors.FirstOrDefault(tensor => tensor.Name == GgufFile.Embedding);
        if (embedding is null || embedding.Shape.Length != 2 || embedding.Shape[0] is < 1 or > ConfigurationReader.MaximumVocabulary)
        {
            throw CheckpointException.ForTensor(_file.Path, GgufFile.Embedding,
                embedding is null ? "no such tensor" : $"shape {embedding.DescribeShape()}", "a matrix with a row for each token");
        }

        return (int)embedding.Shape[0];
    }
}

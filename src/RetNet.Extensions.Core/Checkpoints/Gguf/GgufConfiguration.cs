using System.Buffers;
using System.Text.Json;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>The config.json equivalent of the metadata of a GGUF file of the Llama family.</summary>
internal sealed class GgufConfiguration
{
    private const double MaximumFactor = 1e6;
    private static readonly string[] Supported = ["llama", "qwen2", "qwen3"];

    // Options of other architectures, and options that would change what these compute.
    private static readonly string[] Refused = ["attention.scale", "logit_scale", "residual_scale", "embedding_scale",
        "attention.clamp_kqv"];

    private readonly GgufFile _file;
    private readonly ConfigurationReader _options;
    private readonly string _architecture;

    private GgufConfiguration(GgufFile file)
    {
        const string Key = "general.architecture";
        (_file, _options) = (file, file.Metadata.Options);
        _architecture = _options.OptionalText(Key) is { } name && Supported.Contains(name)
            ? name
            : throw _options.Fault(Key, string.Join(", ", Supported));
        RequirePlainTransformer();
        int heads = _options.Integer(Name("attention.head_count"), 1, ConfigurationReader.MaximumWidth);
        int width = _options.Integer(Name("embedding_length"), 1, ConfigurationReader.MaximumWidth);
        HeadWidth = ReadHeadWidth(width, heads);
        Content = Write(width, heads);
    }

    /// <summary>Content of config.json.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>Width of a head.</summary>
    public int HeadWidth { get; }

    /// <summary>Whether the rows of query and key projections are in the order of a rotation of neighbours.</summary>
    public bool RotatesNeighbours => _architecture == "llama";

    /// <summary>Reads the options.</summary>
    /// <exception cref="CheckpointException">The architecture is not supported, or an option is missing, out of range or not
    /// supported.</exception>
    public static GgufConfiguration Read(GgufFile file) => new(file);

    private string Name(string option) => $"{_architecture}.{option}";

    private void RequirePlainTransformer()
    {
        const string Parts = "split.count";
        if (_options.OptionalInteger(Parts, 0, ushort.MaxValue) > 1)
            throw _options.Fault(Parts, "1: a file that was split must be merged first (llama-gguf-split --merge)");
        _options.RequireNumber(Name("expert_count"), 0);
        _options.RequireBoolean(Name("attention.causal"), true);
        foreach (string option in Refused)
            _options.Refuse(Name(option));
    }

    private int ReadHeadWidth(int width, int heads)
    {
        string key = Name("attention.key_length");
        int? keyWidth = _options.OptionalInteger(key, 2, ConfigurationReader.MaximumWidth / heads);
        if (keyWidth is null && width % heads != 0)
            throw _options.Fault(Name("attention.head_count"), $"a divisor of the width, {width}, where {key} is not given");
        int headWidth = keyWidth ?? width / heads;
        _options.RequireNumber(Name("attention.value_length"), headWidth);
        _options.RequireNumber(Name("rope.dimension_count"), headWidth);
        return headWidth % 2 == 0
            ? headWidth
            : throw _options.Fault(keyWidth is null ? Name("attention.head_count") : key,
                $"heads of even width (here {headWidth}), for rotary pairs");
    }

    private byte[] Write(int width, int heads)
    {
        int vocabulary = VocabularySize();
        int? window = _options.OptionalInteger(Name("attention.sliding_window"), 0, int.MaxValue) is int rows and > 0 ? rows : null;
        ArrayBufferWriter<byte> content = new();
        using (Utf8JsonWriter json = new(content))
        {
            json.WriteStartObject();
            json.WriteString("model_type", window is not null && _architecture == "llama" ? "mistral" : _architecture);
            json.WriteNumber("hidden_size", width);
            json.WriteNumber("num_hidden_layers", _options.Integer(Name("block_count"), 1, ConfigurationReader.MaximumLayers));
            json.WriteNumber("num_attention_heads", heads);
            json.WriteNumber("num_key_value_heads", KeyValueHeads(heads));
            json.WriteNumber("head_dim", HeadWidth);
            json.WriteNumber("intermediate_size", _options.Integer(Name("feed_forward_length"), 1, ConfigurationReader.MaximumWidth));
            json.WriteNumber("rms_norm_eps", _options.Number(Name("attention.layer_norm_rms_epsilon"), 0, 1));
            json.WriteBoolean("attention_bias", _architecture != "qwen2" && Contains(GgufTensorNames.FirstQueryBias));
            json.WriteBoolean("tie_word_embeddings", !Contains(GgufTensorNames.Head));
            json.WriteNumber("vocab_size", vocabulary);
            if (_options.OptionalInteger(Name("context_length"), 1, int.MaxValue) is int context)
                json.WriteNumber("max_position_embeddings", context);
            WriteWindow(json, window);
            WriteRotation(json);
            WriteTokens(json, vocabulary);
            json.WriteEndObject();
        }

        return content.WrittenSpan.ToArray();
    }

    private int KeyValueHeads(int heads)
    {
        string name = Name("attention.head_count_kv");
        int count = _options.OptionalInteger(name, 1, heads) ?? heads;
        return heads % count == 0 ? count : throw _options.Fault(name, $"a divisor of the number of heads, {heads}");
    }

    private static void WriteWindow(Utf8JsonWriter json, int? window)
    {
        if (window is null)
            return;
        json.WriteNumber("sliding_window", window.Value);
        json.WriteBoolean("use_sliding_window", true);
        json.WriteNumber("max_window_layers", 0);
    }

    private void WriteRotation(Utf8JsonWriter json)
    {
        string typeOption = Name("rope.scaling.type");
        json.WriteNumber("rope_theta", _options.OptionalNumber(Name("rope.freq_base"), 1, 1e15) ?? 10000);
        string type = _options.OptionalText(typeOption) ?? "linear";
        if (type is not ("none" or "linear"))
            throw _options.Fault(typeOption, "none or linear: other scalings are not supported");
        double? factor = _options.OptionalNumber(Name("rope.scaling.factor"), 0, MaximumFactor)
            ?? _options.OptionalNumber(Name("rope.scale_linear"), 0, MaximumFactor);
        bool isLinear = type == "linear" && factor is not (null or 0 or 1);
        float[]? divisors = RotaryDivisors();
        if (isLinear && divisors is not null)
            throw _options.Fault(typeOption, $"none, as the file has {GgufTensorNames.RotaryFactors}");
        if (!isLinear && divisors is null)
            return;

        json.WriteStartObject("rope_scaling");
        json.WriteString("rope_type", isLinear ? "linear" : "longrope");
        if (isLinear)
            json.WriteNumber("factor", factor!.Value);
        else
            WriteDivisors(json, divisors!);
        json.WriteEndObject();
    }

    // One divisor for each frequency, independent of the length, and no scaling of the attention: transformers' longrope with equal lists.
    private static void WriteDivisors(Utf8JsonWriter json, float[] divisors)
    {
        foreach (string list in (string[])["short_factor", "long_factor"])
        {
            json.WriteStartArray(list);
            foreach (float divisor in divisors)
                json.WriteNumberValue(divisor);
            json.WriteEndArray();
        }

        json.WriteNumber("attention_factor", 1);
    }

    private float[]? RotaryDivisors()
    {
        if (_file.Tensors.FirstOrDefault(tensor => tensor.Name == GgufTensorNames.RotaryFactors) is not { } tensor)
            return null;
        if (tensor.Type != TensorType.Float32 || tensor.ElementCount != HeadWidth / 2)
        {
            throw CheckpointException.ForTensor(_file.Path, tensor.Name, $"{tensor.Type} of shape {tensor.DescribeShape()}",
                $"F32 of shape [{HeadWidth / 2}], a divisor for each frequency");
        }

        float[] divisors = new float[HeadWidth / 2];
        tensor.CopyTo(divisors);
        return divisors.All(divisor => float.IsFinite(divisor) && divisor > 0)
            ? divisors
            : throw CheckpointException.ForTensor(_file.Path, tensor.Name, "a divisor that is not positive", "positive numbers");
    }

    private void WriteTokens(Utf8JsonWriter json, int vocabulary)
    {
        if (_options.OptionalTokenId(GgufKeys.BeginningOfSequence, vocabulary) is int bos)
            json.WriteNumber("bos_token_id", bos);
        if (_options.OptionalTokenId(GgufKeys.Padding, vocabulary) is int padding)
            json.WriteNumber("pad_token_id", padding);
        json.WriteStartArray("eos_token_id");
        foreach (int id in GgufVocabulary.EndsOfGeneration(_file.Metadata, vocabulary))
            json.WriteNumberValue(id);
        json.WriteEndArray();
    }

    private int VocabularySize()
    {
        TensorView? embedding = _file.Tensors.FirstOrDefault(tensor => tensor.Name == GgufTensorNames.Embedding);
        if (embedding is null || embedding.Shape.Length != 2 || embedding.Shape[0] is < 1 or > ConfigurationReader.MaximumVocabulary)
        {
            throw CheckpointException.ForTensor(_file.Path, GgufTensorNames.Embedding,
                embedding is null ? "no such tensor" : $"shape {embedding.DescribeShape()}", "a matrix with a row for each token");
        }

        return (int)embedding.Shape[0];
    }

    private bool Contains(string tensor) => _file.Tensors.Any(other => other.Name == tensor);
}

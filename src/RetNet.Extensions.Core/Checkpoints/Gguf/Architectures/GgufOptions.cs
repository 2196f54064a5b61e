using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>The options of a GGUF file's architecture, by their names without its prefix, and the facts that several translations
/// need.</summary>
internal sealed class GgufOptions
{
    /// <summary>Which layers have a sliding window.</summary>
    public const string WindowPattern = "attention.sliding_window_pattern";

    private readonly GgufFile _file;
    private readonly string _prefix;

    public GgufOptions(GgufFile file, string architecture)
    {
        (_file, _prefix) = (file, architecture);
        int blocks = Integer("block_count", 1, ConfigurationReader.MaximumLayers);
        Layers = blocks - (OptionalInteger(GgufExperts.GuessingLayers, 0, Math.Min(1, blocks - 1)) ?? 0);
        Heads = Integer("attention.head_count", 1, ConfigurationReader.MaximumWidth);
        Width = Integer("embedding_length", 1, ConfigurationReader.MaximumWidth);
        HeadWidth = ReadHeadWidth();
        KeyValueHeads = ReadKeyValueHeads();
        Window = OptionalInteger("attention.sliding_window", 0, int.MaxValue) is int rows and > 0 ? rows : null;
    }

    /// <summary>Number of blocks, without the one that guesses the token after the next.</summary>
    public int Layers { get; }

    /// <summary>Model width.</summary>
    public int Width { get; }

    /// <summary>Number of query heads.</summary>
    public int Heads { get; }

    /// <summary>Number of key and value heads.</summary>
    public int KeyValueHeads { get; }

    /// <summary>Width of a head.</summary>
    public int HeadWidth { get; }

    /// <summary>Values of a head that are rotated.</summary>
    public int RotaryWidth => OptionalInteger("rope.dimension_count", 2, HeadWidth) ?? HeadWidth;

    /// <summary>The number of keys that a query sees in layers with a window; null for no window.</summary>
    public int? Window { get; }

    /// <summary>A reader of all single values of the metadata, by their whole keys.</summary>
    public ConfigurationReader All => _file.Metadata.Options;

    /// <summary>The whole key of an option.</summary>
    public string Key(string option) => $"{_prefix}.{option}";

    public int Integer(string option, int minimum, int maximum) => All.Integer(Key(option), minimum, maximum);

    public int? OptionalInteger(string option, int minimum, int maximum) => All.OptionalInteger(Key(option), minimum, maximum);

    public double? OptionalNumber(string option, double minimum, double maximum) => All.OptionalNumber(Key(option), minimum, maximum);

    public string? OptionalText(string option) => All.OptionalText(Key(option));

    /// <summary>The exception for an option whose value was read but is not acceptable.</summary>
    public CheckpointException Fault(string option, string expected) => All.Fault(Key(option), expected);

    /// <summary>Whether each layer has a sliding window: by a period, of whose layers the last has none, or by a flag for each layer.
    /// </summary>
    /// <param name="absentPeriod">The period where the file states none.</param>
    public bool[] HasWindow(int absentPeriod)
    {
        if (_file.Metadata.OptionalFlags(Key(WindowPattern), Layers) is bool[] flags)
            return flags;
        int period = OptionalInteger(WindowPattern, 0, ConfigurationReader.MaximumLayers) ?? absentPeriod;
        return [.. Enumerable.Range(0, Layers).Select(layer => period == 0 || layer % period < period - 1)];
    }

    /// <summary>Whether the projections to queries, keys and values have biases.</summary>
    public bool HasQueryBias => HasTensor("blk.0.attn_q.bias") || HasTensor("blk.0.attn_qkv.bias");

    /// <summary>Whether the attention's output projection has a bias.</summary>
    public bool HasOutputBias => HasTensor("blk.0.attn_output.bias");

    /// <summary>Whether the file has a tensor of that name.</summary>
    public bool HasTensor(string name) => FindTensor(name) is not null;

    /// <summary>The divisors of the rotary frequencies in a tensor, which may be absent.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="length">Their number.</param>
    public float[]? Divisors(string name, int length)
    {
        if (FindTensor(name) is not { } tensor)
            return null;
        if (tensor.Type != TensorType.Float32 || tensor.ElementCount != length)
        {
            throw CheckpointException.ForTensor(tensor.File, tensor.Name, $"{tensor.Type} of shape {tensor.DescribeShape()}",
                $"F32 of shape [{length}], a divisor for each frequency");
        }

        float[] divisors = new float[length];
        tensor.CopyTo(divisors);
        return divisors.All(divisor => float.IsFinite(divisor) && divisor > 0)
            ? divisors
            : throw CheckpointException.ForTensor(tensor.File, tensor.Name, "a divisor that is not positive", "positive numbers");
    }

    private TensorView? FindTensor(string name) => _file.Tensors.FirstOrDefault(tensor => tensor.Name == name);

    private int ReadHeadWidth()
    {
        const string HeadsOption = "attention.head_count", WidthOption = "attention.key_length";
        int? keyWidth = OptionalInteger(WidthOption, 2, ConfigurationReader.MaximumWidth / Heads);
        if (keyWidth is null && Width % Heads != 0)
            throw Fault(HeadsOption, $"a divisor of the width, {Width}, where {Key(WidthOption)} is not given");
        int headWidth = keyWidth ?? Width / Heads;
        All.RequireNumber(Key("attention.value_length"), headWidth);
        return headWidth % 2 == 0
            ? headWidth
            : throw Fault(keyWidth is null ? HeadsOption : WidthOption, $"heads of even width (here {headWidth}), for rotary pairs");
    }

    private int ReadKeyValueHeads()
    {
        const string Option = "attention.head_count_kv";
        int count = OptionalInteger(Option, 1, Heads) ?? Heads;
        return Heads % count == 0 ? count : throw Fault(Option, $"a divisor of the number of heads, {Heads}");
    }
}

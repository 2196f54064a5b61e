using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Encoder;

/// <summary>The dimensions and settings of an encoder of the BERT family.</summary>
internal sealed record EncoderConfiguration
{
    /// <summary>Which tensors have which names, and how config.json is read.</summary>
    public required EncoderArchitecture Architecture { get; init; }

    /// <summary>The architecture as config.json names it.</summary>
    public required string ModelType { get; init; }

    /// <summary>The model width d.</summary>
    public required int Width { get; init; }

    public required int Layers { get; init; }

    /// <summary>H.</summary>
    public required int Heads { get; init; }

    /// <summary>f.</summary>
    public required int FeedForwardWidth { get; init; }

    public required int VocabularySize { get; init; }

    public required float NormEpsilon { get; init; }

    /// <summary>The most tokens of a text.</summary>
    public required int MaximumTokens { get; init; }

    /// <summary>Rows of the learned positions; 0 for none.</summary>
    public int Positions { get; init; }

    /// <summary>The row of the first token's position: RoBERTa's positions follow the padding token's id.</summary>
    public int FirstPosition { get; init; }

    /// <summary>Rows of the token types, of which all tokens have the first; 0 for none.</summary>
    public int TokenTypes { get; init; }

    /// <summary>The base of the rotary angles; 0 for none.</summary>
    public double RopeTheta { get; init; }

    /// <summary>Whether norms and linear layers have biases.</summary>
    public bool Biases { get; init; } = true;

    /// <summary>Whether the feed-forward network is gated: act(W_gate x) ⊙ W_up x.</summary>
    public bool IsGated { get; init; }

    /// <summary>Whether act is gelu, as x · Φ(x); otherwise it is silu.</summary>
    public bool IsGelu { get; init; } = true;

    /// <summary>Whether a half of a block normalises what it reads, and a last norm follows the blocks (ModernBERT); otherwise it
    /// normalises what it writes (BERT).</summary>
    public bool NormsFirst { get; init; }

    /// <summary>How far a token sees in a layer that is not global; null where all layers are global.</summary>
    public EncoderWindow? Window { get; init; }

    public int HeadWidth => Width / Heads;

    /// <summary>Whether a config.json describes an encoder.</summary>
    public static bool Describes(JsonElement configuration, string file) =>
        EncoderArchitecture.Find(new ConfigurationReader(configuration, file)) is not null;

    /// <summary>Reads a config.json.</summary>
    /// <param name="configuration">Its contents.</param>
    /// <param name="file">Its path, for messages.</param>
    /// <exception cref="CheckpointException">An option is missing, out of range or not supported.</exception>
    public static EncoderConfiguration Parse(JsonElement configuration, string file)
    {
        ConfigurationReader options = new(configuration, file);
        EncoderArchitecture architecture = EncoderArchitecture.Find(options)
            ?? throw options.TextFault("model_type", EncoderArchitecture.Expected);
        EncoderConfiguration c = architecture.Read(options, architecture);
        if (c.Width % c.Heads != 0)
            throw options.Fault(architecture.HeadsOption, $"a divisor of the width, {c.Width}");
        if (c.RopeTheta > 0 && c.HeadWidth % 2 != 0)
            throw options.Fault(architecture.HeadsOption, $"an even width per head (here {c.HeadWidth}), for rotary pairs");
        return c;
    }
}

/// <summary>Local attention: every <paramref name="GlobalEvery"/>th layer from the first is global; in the others a token sees those at
/// most
/// <paramref name="Distance"/> away, and rotary angles have another base.</summary>
/// <param name="Distance">In tokens, to either side.</param>
/// <param name="GlobalEvery">1 or more.</param>
/// <param name="RopeTheta">The base in these layers.</param>
internal sealed record EncoderWindow(int Distance, int GlobalEvery, double RopeTheta)
{
    public bool Holds(int layer) => layer % GlobalEvery != 0;
}

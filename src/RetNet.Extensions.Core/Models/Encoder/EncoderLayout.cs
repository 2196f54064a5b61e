using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.Encoder;

/// <summary>The weights of an encoder under the names of its architecture. Model width d, inner width f of the feed-forward
/// network.</summary>
internal sealed class EncoderLayout : WeightLayout
{
    private readonly EncoderConfiguration _configuration;

    [SetsRequiredMembers]
    public EncoderLayout(EncoderConfiguration c)
    {
        EncoderNames names = c.Architecture.Names;
        _configuration = c;
        Tokens = Matrix(names.Tokens, c.VocabularySize, c.Width);
        Positions = c.Positions > 0 ? Matrix(names.Positions, c.Positions, c.Width) : null;
        TokenTypes = c.TokenTypes > 0 && names.TokenTypes.Length > 0 ? Matrix(names.TokenTypes, c.TokenTypes, c.Width) : null;
        EmbeddingNorm = Norm(names.EmbeddingNorm);
        Layers = [.. Enumerable.Range(0, c.Layers).Select(Layer)];
        FinalNorm = names.FinalNorm.Length > 0 ? Norm(names.FinalNorm) : null;

        // Parts for other tasks: BERT's pooler, and the heads that it is trained with.
        OtherParts = Ignorable =
            ["pooler.*", "cls.*", "lm_head.*", "vocab_*", "head.*", "decoder.*", "classifier.*", "*.position_ids", "*.inv_freq"];
    }

    /// <summary><c>[vocabulary × d]</c>.</summary>
    public WeightDeclaration Tokens { get; }

    /// <summary><c>[positions × d]</c>; null for none.</summary>
    public WeightDeclaration? Positions { get; }

    /// <summary><c>[types × d]</c>; null for none.</summary>
    public WeightDeclaration? TokenTypes { get; }

    public NormLayout EmbeddingNorm { get; }

    public EncoderLayerLayout[] Layers { get; }

    /// <summary>The norm after the last layer; null for none.</summary>
    public NormLayout? FinalNorm { get; }

    /// <inheritdoc/>
    public override string OptionalPrefix => _configuration.Architecture.Prefix;

    /// <inheritdoc/>
    public override IEnumerable<WeightDeclaration> Weights
    {
        get
        {
            IEnumerable<WeightDeclaration?> all =
                [Tokens, Positions, TokenTypes, .. EmbeddingNorm.All, .. Layers.SelectMany(layer => layer.All), .. FinalNorm?.All ?? []];
            return all.OfType<WeightDeclaration>();
        }
    }

    private EncoderLayerLayout Layer(int layer)
    {
        EncoderConfiguration c = _configuration;
        EncoderNames names = c.Architecture.Names;
        int d = c.Width, f = c.FeedForwardWidth;
        return new EncoderLayerLayout
        {
            AttentionNorm = layer == 0 && names.FirstLayerHasNoNorm ? null : Norm(Name(names.AttentionNorm)),
            Query = Linear(names.Query, d, d, names.QueryKeyValue, 3 * d, 0),
            Key = Linear(names.Key, d, d, names.QueryKeyValue, 3 * d, d),
            Value = Linear(names.Value, d, d, names.QueryKeyValue, 3 * d, 2 * d),
            Output = Linear(names.Output, d, d),
            FeedForwardNorm = Norm(Name(names.FeedForwardNorm)),
            Gate = c.IsGated ? Linear(names.Gate, f, d, names.GateUp, 2 * f, 0) : null,
            Up = Linear(names.Up, f, d, names.GateUp, 2 * f, f),
            Down = Linear(names.Down, d, f),
        };

        string Name(string name) => $"{names.Layer}{layer}.{name}";

        LinearLayout Linear(string name, int rows, int columns, string fused = "", int fusedRows = 0, int first = 0)
        {
            WeightDeclaration weight = Matrix(Name(name), rows, columns);
            if (fused.Length > 0)
                weight = weight with { Fused = new FusedRows(weight.Name, $"{Name(fused)}.weight", fusedRows, first) };
            return new LinearLayout(weight, c.Biases ? new WeightDeclaration($"{Name(name)}.bias", [rows]) : null);
        }
    }

    private static WeightDeclaration Matrix(string name, int rows, int columns) => new($"{name}.weight", [rows, columns]);

    // Architectures whose linear layers have no biases may have them in their norms. TensorFlow, of which the first BERTs come, calls a
    // norm's weight and bias gamma and beta.
    private NormLayout Norm(string name)
    {
        return new NormLayout(Vector("weight", "gamma"), _configuration.NormsFirst ? null : Vector("bias", "beta"));

        WeightDeclaration Vector(string part, string former) =>
            new($"{name}.{part}", [_configuration.Width]) { FormerName = $"{name}.{former}" };
    }
}

/// <summary>The weights of one layer.</summary>
internal sealed class EncoderLayerLayout
{
    /// <summary>Null where the embedding was just normalised.</summary>
    public required NormLayout? AttentionNorm { get; init; }

    public required LinearLayout Query { get; init; }

    public required LinearLayout Key { get; init; }

    public required LinearLayout Value { get; init; }

    public required LinearLayout Output { get; init; }

    public required NormLayout FeedForwardNorm { get; init; }

    /// <summary>The activated branch; null for a network that is not gated.</summary>
    public required LinearLayout? Gate { get; init; }

    public required LinearLayout Up { get; init; }

    public required LinearLayout Down { get; init; }

    public IEnumerable<WeightDeclaration?> All =>
    [
        .. AttentionNorm?.All ?? [], .. Query.All, .. Key.All, .. Value.All, .. Output.All,
        .. FeedForwardNorm.All, .. Gate?.All ?? [], .. Up.All, .. Down.All,
    ];
}

/// <summary>A linear layer.</summary>
/// <param name="Weight">W, <c>[outputs × inputs]</c>.</param>
/// <param name="Bias"><c>[outputs]</c>; null for none.</param>
internal sealed record LinearLayout(WeightDeclaration Weight, WeightDeclaration? Bias)
{
    public IEnumerable<WeightDeclaration?> All => [Weight, Bias];
}

/// <summary>A norm.</summary>
/// <param name="Weight"><c>[d]</c>.</param>
/// <param name="Bias"><c>[d]</c>; null for none.</param>
internal sealed record NormLayout(WeightDeclaration Weight, WeightDeclaration? Bias)
{
    public IEnumerable<WeightDeclaration?> All => [Weight, Bias];
}

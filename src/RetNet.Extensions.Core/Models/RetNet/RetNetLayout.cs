using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>The weights of a RetNet under the names of its dialect. Widths as in <see cref="RetNetConfiguration"/>; H heads, G key-value
/// heads.</summary>
/// <remarks>A new model's values are drawn as in torchscale's multiscale_retention.py and, for the feed-forward network, as PyTorch's
/// linear layers.</remarks>
[Experimental("RETNET001")]
public sealed class RetNetLayout : DecoderLayout
{
    private static readonly double ProjectionGain = Math.Pow(2, -2.5);
    private static readonly double OutputGain = Math.Pow(2, -1);

    private readonly bool _isFla;

    /// <summary>Lays out the weights of a configuration.</summary>
    /// <param name="c">The configuration.</param>
    [SetsRequiredMembers]
    public RetNetLayout(RetNetConfiguration c)
    {
        _isFla = c.Dialect == RetNetDialect.Fla;
        Initialization tokens = Initialization.Normal(1 / Math.Sqrt(c.Width));
        string head = _isFla ? "lm_head.weight" : "output_projection.weight";

        Embedding = WeightDeclaration.Matrix(_isFla ? "model.embeddings.weight" : "embed_tokens.weight", c.VocabularySize, c.Width, tokens);
        EmbeddingNorm = c.EmbeddingNorm ? WeightDeclaration.Norm("layernorm_embedding.weight", c.Width) : null;
        Layers = [.. Enumerable.Range(0, c.Layers).Select(layer => Layer(c, layer))];
        FinalNorm = WeightDeclaration.Norm(_isFla ? "model.norm.weight" : "layer_norm.weight", c.Width);
        Head = c.TieEmbeddings ? Embedding : WeightDeclaration.Matrix(head, c.VocabularySize, c.Width, tokens);
        string computed = _isFla ? "*.rotary.inv_freq" : "version";
        Ignorable = c.TieEmbeddings ? [head, computed] : [computed];
        Angle = new("retnet_rel_pos.angle", [c.KeyWidth], Initialization.Zeros);
        Decay = new("retnet_rel_pos.decay", [c.Heads], Initialization.Zeros);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<RetNetLayerLayout> Layers { get; }

    /// <summary>torchscale's rotary angles, each twice, <c>[dk]</c>.</summary>
    public WeightDeclaration Angle { get; }

    /// <summary>torchscale's ln γ, <c>[H]</c>.</summary>
    public WeightDeclaration Decay { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<WeightDeclaration> Buffers => _isFla ? [] : [Angle, Decay];

    /// <inheritdoc/>
    public override string OptionalPrefix => "decoder.";

    private static RetNetLayerLayout Layer(RetNetConfiguration c, int layer)
    {
        int d = c.Width, f = c.FeedForwardWidth, keys = c.KeyValueHeads * c.KeyWidth, values = c.Heads * c.ValueWidth;
        string flaHeadNorm = c.UseOutputGate && c.FuseNorm ? "attn.g_norm_swish_gate" : "attn.g_norm";
        string gate = Name("mlp.gate_proj", "ffn.fc1"), up = Name("mlp.up_proj", "ffn.gate");

        return new RetNetLayerLayout
        {
            MixingNorm = WeightDeclaration.Norm(Name("attn_norm", "retention_layer_norm"), d),
            Query = Projection(Name("attn.q_proj", "retention.q_proj"), c.Heads * c.KeyWidth),
            Key = Projection(Name("attn.k_proj", "retention.k_proj"), keys),
            Value = Projection(Name("attn.v_proj", "retention.v_proj"), c.KeyValueHeads * c.ValueWidth),
            Gate = c.UseOutputGate ? Projection(Name("attn.g_proj", "retention.g_proj"), values) : null,
            OutputWeight = WeightDeclaration.Matrix(
                Name("attn.o_proj", "retention.out_proj"), d, values, Initialization.Xavier(d, values, OutputGain)),
            HeadNorm = c.HeadNormHasWeight ? WeightDeclaration.Norm(Name(flaHeadNorm, ""), c.ValueWidth) : null,
            FeedForwardNorm = WeightDeclaration.Norm(Name("mlp_norm", "final_layer_norm"), d),
            FeedForward = new GatedLayout
            {
                Gate = Branch(gate, 0),
                Up = Branch(up, f),
                Down = WeightDeclaration.Matrix(Name("mlp.down_proj", "ffn.fc2"), d, f, Initialization.FanIn(f)),
            },
        };

        string Name(string fla, string torchScale) => c.Dialect == RetNetDialect.Fla
            ? $"model.layers.{layer}.{fla}.weight"
            : $"layers.{layer}.{torchScale}.weight";

        WeightDeclaration Projection(string name, int rows) =>
            WeightDeclaration.Matrix(name, rows, d, Initialization.Xavier(rows, d, ProjectionGain));

        // Older fla files hold both branches in gate_proj, [2f × d], the activated one first.
        WeightDeclaration Branch(string name, int firstRow) => WeightDeclaration.Matrix(name, f, d, Initialization.FanIn(d)) with
        {
            Fused = c.Dialect == RetNetDialect.Fla ? new FusedRows(Absent: up, gate, 2L * f, firstRow) : null,
        };
    }
}

/// <summary>The weights of one block of a RetNet.</summary>
[Experimental("RETNET001")]
public sealed class RetNetLayerLayout : DecoderLayerLayout
{
    /// <summary>W_q, <c>[H·dk × d]</c>.</summary>
    public required WeightDeclaration Query { get; init; }

    /// <summary>W_k, <c>[G·dk × d]</c>.</summary>
    public required WeightDeclaration Key { get; init; }

    /// <summary>W_v, <c>[G·dv × d]</c>.</summary>
    public required WeightDeclaration Value { get; init; }

    /// <summary>W_g, <c>[H·dv × d]</c>; null without an output gate.</summary>
    public required WeightDeclaration? Gate { get; init; }

    /// <summary>The head norm's weight, <c>[dv]</c>; null for none.</summary>
    public required WeightDeclaration? HeadNorm { get; init; }

    /// <summary>W_q, W_k, W_v and, where there is one, W_g, <c>[H·dk + G·dk + G·dv (+ H·dv) × d]</c>.</summary>
    public override LinearDeclaration Projections => new([Query, Key, Value, Gate]);

    /// <inheritdoc/>
    protected override IEnumerable<WeightDeclaration?> Mixing => [MixingNorm, .. Projections.All, .. Output.All, HeadNorm];
}

using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>The weights of a decoder of the Llama family under the names of transformers. H query heads, G key-value heads of width
/// w.</summary>
[Experimental("RETNET001")]
public sealed class TransformerLayout : DecoderLayout
{
    private const string Prefix = "language_model.";
    private const string UntiedHead = "lm_head.weight";

    // transformers' initializer_range.
    private static readonly Initialization Normal = Initialization.Normal(0.02);

    /// <summary>Lays out the weights of a configuration.</summary>
    /// <param name="c">The configuration.</param>
    [SetsRequiredMembers]
    public TransformerLayout(TransformerConfiguration c)
    {
        const string Computed = "*.rotary_emb.inv_freq";

        Embedding = Named(c, WeightDeclaration.Matrix("model.embed_tokens.weight", c.VocabularySize, c.Width, Normal));
        Layers = [.. Enumerable.Range(0, c.Layers).Select(layer => Layer(c, layer, $"model.layers.{layer}."))];
        FinalNorm = WeightDeclaration.Norm("model.norm.weight", c.Width, c.NormAddsOne);
        HasHead = c.HasHead;
        Head = c.TieEmbeddings || !c.HasHead
            ? Embedding
            : Named(c, WeightDeclaration.Matrix(UntiedHead, c.VocabularySize, c.Width, Normal));
        TransformerArchitecture? architecture = TransformerArchitecture.Named(c.ModelType);
        string[] others = architecture?.Ignorable(c) ?? [];
        GuessingLayer = architecture?.MayGuessBehindLayers == true ? $"model.layers.{c.Layers}." : null;
        Ignorable = c.TieEmbeddings ? [UntiedHead, Computed, .. others] : [Computed, .. others];
        OtherParts = c.IsPart ? PictureParts.Patterns : [];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TransformerLayerLayout> Layers { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<WeightDeclaration> Buffers =>
        [.. Layers.Select(layer => (layer.FeedForward as ExpertsLayout)?.SelectionBias).OfType<WeightDeclaration>()];

    /// <inheritdoc/>
    public override string OptionalPrefix => Prefix;

    /// <summary>Whether a checkpoint has the head that its configuration asks for. One of transformers' base class has none but a tied
    /// one; where another lacks it, it is incomplete.</summary>
    internal static bool HasHeadIn(Checkpoint checkpoint, TransformerConfiguration c)
    {
        TensorReader tensors = new(checkpoint, Prefix);
        return c.TieEmbeddings || !tensors.IsBaseClass || tensors.Contains(c.Naming?.Of(UntiedHead) ?? UntiedHead);
    }

    // Where the checkpoint has another name for the tensor.
    private static WeightDeclaration Named(TransformerConfiguration c, WeightDeclaration weight) => c.Naming is null
        ? weight
        : weight with { Fused = new FusedRows(weight.Name, c.Naming.Of(weight.Name), weight.Shape[0], 0) };

    private static TransformerLayerLayout Layer(TransformerConfiguration c, int layer, string prefix)
    {
        const string Before = "input_layernorm";
        TransformerArchitecture? architecture = TransformerArchitecture.Named(c.ModelType);
        NormNames norms = architecture?.NormNames ?? new();
        int d = c.Width, f = c.FeedForwardWidth, queries = c.Heads * c.HeadWidth, keys = c.KeyValueHeads * c.HeadWidth;
        WeightDeclaration? projections = c.MergedProjections ? Matrix("self_attn.qkv_proj", queries + (2 * keys), d) : null;
        WeightDeclaration? branches = c.MergedBranches ? Matrix("mlp.gate_up_proj", 2 * f, d) : null;
        bool isAround = c.NormPlacement == NormPlacement.Around;
        return new TransformerLayerLayout
        {
            MixingNorm = Norm(c.NormPlacement == NormPlacement.After ? norms.AfterAttention : Before, d),
            MixingOutputNorm = isAround ? Norm(norms.AfterAttention, d) : null,
            MergedProjections = projections,
            Query = Projection(0, "self_attn.q_proj", queries),
            Key = Projection(queries, "self_attn.k_proj", keys),
            Value = Projection(queries + keys, "self_attn.v_proj", keys),
            QueryBias = Bias(c.QueryKeyValueBias, "self_attn.q_proj", queries),
            KeyBias = Bias(c.QueryKeyValueBias, "self_attn.k_proj", keys),
            ValueBias = Bias(c.QueryKeyValueBias, "self_attn.v_proj", keys),
            QueryNorm = QueryKeyNorm(norms.Query, queries),
            KeyNorm = QueryKeyNorm(norms.Key, keys),
            Sinks = c.AttentionSinks ? WeightDeclaration.Bias($"{prefix}self_attn.sinks", c.Heads) : null,
            OutputWeight = Matrix("self_attn.o_proj", d, queries),
            OutputBias = Bias(c.OutputBias, "self_attn.o_proj", d),
            FeedForwardNorm = Norm(
                c.NormPlacement switch
                {
                    NormPlacement.Before => norms.AfterAttention,
                    NormPlacement.After => norms.AfterNetwork,
                    _ => norms.BeforeNetwork,
                },
                d),
            FeedForwardOutputNorm = isAround ? Norm(norms.AfterNetwork, d) : null,
            FeedForward = c.ExpertsOf(layer) is { } experts
                ? architecture!.ExpertNames!.Layout(experts, d, prefix, Normal)
                : new GatedLayout
                {
                    MergedBranches = branches,
                    Gate = Part(branches, 0, "mlp.gate_proj", f),
                    Up = Part(branches, f, "mlp.up_proj", f),
                    Down = Matrix("mlp.down_proj", d, f),
                },
        };

        WeightDeclaration Matrix(string name, int rows, int columns) =>
            Named(c, WeightDeclaration.Matrix($"{prefix}{name}.weight", rows, columns, Normal));

        // Rows of a merged tensor, or a tensor of its own.
        WeightDeclaration Part(WeightDeclaration? merged, int first, string name, int rows)
        {
            WeightDeclaration part = Matrix(name, rows, d);
            return merged is null ? part : part with { Fused = new FusedRows(part.Name, merged.Name, merged.Shape[0], first) };
        }

        // As Part, or the rows of each key-value head and its query heads, one group after the other.
        WeightDeclaration Projection(int first, string name, int rows)
        {
            WeightDeclaration part = Part(projections, first, name, rows);
            int groups = c.KeyValueHeads;
            return c.Naming is null ? part : part with
            {
                Fused = new FusedRows(part.Name, $"{prefix}{c.Naming.Grouped}", queries + (2 * keys), first / groups, groups),
            };
        }

        WeightDeclaration Norm(string name, int length) =>
            Named(c, WeightDeclaration.Norm($"{prefix}{name}.weight", length, c.NormAddsOne));

        WeightDeclaration? QueryKeyNorm(string name, int whole) => c.QueryKeyNorm switch
        {
            Transformer.QueryKeyNorm.None => null,
            Transformer.QueryKeyNorm.Whole => Norm(name, whole),
            _ => Norm(name, c.HeadWidth),
        };

        WeightDeclaration? Bias(bool exists, string name, int length) =>
            exists ? WeightDeclaration.Bias($"{prefix}{name}.bias", length) : null;
    }
}

/// <summary>The weights of one block of a Transformer.</summary>
[Experimental("RETNET001")]
public sealed class TransformerLayerLayout : DecoderLayerLayout
{
    /// <summary>W_q, W_k and W_v where they are one tensor, <c>[(H + 2G)·w × d]</c>; null where each has its own.</summary>
    public WeightDeclaration? MergedProjections { get; init; }

    /// <summary>W_q, <c>[H·w × d]</c>.</summary>
    public required WeightDeclaration Query { get; init; }

    /// <summary>W_k, <c>[G·w × d]</c>.</summary>
    public required WeightDeclaration Key { get; init; }

    /// <summary>W_v, <c>[G·w × d]</c>.</summary>
    public required WeightDeclaration Value { get; init; }

    /// <summary><c>[H·w]</c>; null for none, as the other two.</summary>
    public required WeightDeclaration? QueryBias { get; init; }

    /// <summary><c>[G·w]</c>.</summary>
    public required WeightDeclaration? KeyBias { get; init; }

    /// <summary><c>[G·w]</c>.</summary>
    public required WeightDeclaration? ValueBias { get; init; }

    /// <summary>The norm of queries, <c>[w]</c> or <c>[H·w]</c>; null for none.</summary>
    public required WeightDeclaration? QueryNorm { get; init; }

    /// <summary>The norm of keys, <c>[w]</c> or <c>[G·w]</c>; null for none.</summary>
    public required WeightDeclaration? KeyNorm { get; init; }

    /// <summary>A score of each head that no value belongs to, <c>[H]</c>; null for none.</summary>
    public WeightDeclaration? Sinks { get; init; }

    /// <summary>W_q, W_k and W_v, <c>[(H + 2G)·w × d]</c>, with their biases.</summary>
    public override LinearDeclaration Projections => MergedProjections is null
        ? new([Query, Key, Value], QueryBias, KeyBias, ValueBias)
        : new([MergedProjections]);

    /// <inheritdoc/>
    protected override IEnumerable<WeightDeclaration?> Mixing =>
        [MixingNorm, .. Projections.All, QueryNorm, KeyNorm, Sinks, .. Output.All];
}

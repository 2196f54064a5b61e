using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>The weights of a decoder of the Llama family under the names of transformers. H query heads, G key-value heads of width
/// w.</summary>
[Experimental("RETNET001")]
public sealed class TransformerLayout : DecoderLayout
{
    // transformers' initializer_range.
    private static readonly Initialization Normal = Initialization.Normal(0.02);

    /// <summary>Lays out the weights of a configuration.</summary>
    /// <param name="c">The configuration.</param>
    [SetsRequiredMembers]
    public TransformerLayout(TransformerConfiguration c)
    {
        const string UntiedHead = "lm_head.weight";
        const string Computed = "*.rotary_emb.inv_freq";

        Embedding = WeightDeclaration.Matrix("model.embed_tokens.weight", c.VocabularySize, c.Width, Normal);
        Layers = [.. Enumerable.Range(0, c.Layers).Select(layer => Layer(c, layer, $"model.layers.{layer}."))];
        FinalNorm = WeightDeclaration.Norm("model.norm.weight", c.Width);
        Head = c.TieEmbeddings ? Embedding : WeightDeclaration.Matrix(UntiedHead, c.VocabularySize, c.Width, Normal);
        Ignorable = c.TieEmbeddings ? [UntiedHead, Computed] : [Computed];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TransformerLayerLayout> Layers { get; }

    private static TransformerLayerLayout Layer(TransformerConfiguration c, int layer, string prefix)
    {
        int d = c.Width, f = c.FeedForwardWidth, queries = c.Heads * c.HeadWidth, keys = c.KeyValueHeads * c.HeadWidth;
        return new TransformerLayerLayout
        {
            MixingNorm = Norm("input_layernorm", d),
            Query = Matrix("self_attn.q_proj", queries, d),
            Key = Matrix("self_attn.k_proj", keys, d),
            Value = Matrix("self_attn.v_proj", keys, d),
            QueryBias = Bias(c.QueryKeyValueBias, "self_attn.q_proj", queries),
            KeyBias = Bias(c.QueryKeyValueBias, "self_attn.k_proj", keys),
            ValueBias = Bias(c.QueryKeyValueBias, "self_attn.v_proj", keys),
            QueryNorm = QueryKeyNorm("self_attn.q_norm", queries),
            KeyNorm = QueryKeyNorm("self_attn.k_norm", keys),
            OutputWeight = Matrix("self_attn.o_proj", d, queries),
            OutputBias = Bias(c.OutputBias, "self_attn.o_proj", d),
            FeedForwardNorm = Norm("post_attention_layernorm", d),
            FeedForward = c.ExpertsOf(layer) is { } experts
                ? TransformerArchitecture.Named(c.ModelType)!.ExpertNames!.Layout(experts, d, prefix, Normal)
                : new GatedLayout
                {
                    Gate = Matrix("mlp.gate_proj", f, d),
                    Up = Matrix("mlp.up_proj", f, d),
                    Down = Matrix("mlp.down_proj", d, f),
                },
        };

        WeightDeclaration Matrix(string name, int rows, int columns) =>
            WeightDeclaration.Matrix($"{prefix}{name}.weight", rows, columns, Normal);

        WeightDeclaration Norm(string name, int length) => WeightDeclaration.Norm($"{prefix}{name}.weight", length);

        WeightDeclaration? QueryKeyNorm(string name, int whole) => c.QueryKeyNorm switch
        {
            Transformer.QueryKeyNorm.None => null,
            Transformer.QueryKeyNorm.PerHead => Norm(name, c.HeadWidth),
            _ => Norm(name, whole),
        };

        WeightDeclaration? Bias(bool exists, string name, int length) =>
            exists ? WeightDeclaration.Bias($"{prefix}{name}.bias", length) : null;
    }
}

/// <summary>The weights of one block of a Transformer.</summary>
[Experimental("RETNET001")]
public sealed class TransformerLayerLayout : DecoderLayerLayout
{
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

    /// <summary>Qwen3's norm of each head's query, <c>[w]</c>; null for none.</summary>
    public required WeightDeclaration? QueryNorm { get; init; }

    /// <summary>Qwen3's norm of each head's key, <c>[w]</c>; null for none.</summary>
    public required WeightDeclaration? KeyNorm { get; init; }

    /// <summary>W_q, W_k and W_v, <c>[(H + 2G)·w × d]</c>, with their biases.</summary>
    public override LinearDeclaration Projections => new([Query, Key, Value], QueryBias, KeyBias, ValueBias);

    /// <inheritdoc/>
    protected override IEnumerable<WeightDeclaration?> Mixing =>
        [MixingNorm, .. Projections.All, QueryNorm, KeyNorm, .. Output.All];
}

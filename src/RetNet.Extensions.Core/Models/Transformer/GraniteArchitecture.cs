using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Granite 3: Llama with factors of the embedding, of what each half of a block adds, of the scores and of the logits.</summary>
internal sealed class GraniteArchitecture : TransformerArchitecture
{
    private const double MaximumFactor = 1e6;

    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 2048 };

    public override string ModelType => "granite";

    public override string ClassName => "GraniteForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options) =>
        ReadFactors(options, TransformerConfigurationReader.Read(options, ModelType, Defaults));

    public override void Write(JsonObject json, TransformerConfiguration c) => WriteFactors(json, c);

    /// <summary>The factors and biases.</summary>
    public static TransformerConfiguration ReadFactors(ConfigurationReader options, TransformerConfiguration c)
    {
        bool bias = options.Boolean("attention_bias", false);
        return c with
        {
            QueryKeyValueBias = bias,
            OutputBias = bias,
            EmbeddingScale = (float)Factor("embedding_multiplier"),
            ResidualScale = (float)Factor("residual_multiplier"),
            AttentionScale = (float)Factor("attention_multiplier"),
            LogitScale = (float)(1 / Factor("logits_scaling")),
        };

        double Factor(string option) => options.OptionalNumber(option, 1 / MaximumFactor, MaximumFactor) ?? 1;
    }

    /// <summary>Writes the factors.</summary>
    public static void WriteFactors(JsonObject json, TransformerConfiguration c)
    {
        json["embedding_multiplier"] = c.EmbeddingScale;
        json["residual_multiplier"] = c.ResidualScale;
        json["attention_multiplier"] = c.AttentionScale;
        json["logits_scaling"] = Reciprocal(c.LogitScale);
    }

    // The number, usually a whole one, of which the factor is the reciprocal.
    private static double Reciprocal(float factor)
    {
        double exact = 1 / (double)factor, whole = Math.Round(exact);
        return (float)(1 / whole) == factor ? whole : exact;
    }
}

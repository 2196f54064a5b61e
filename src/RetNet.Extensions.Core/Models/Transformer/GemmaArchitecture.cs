using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Gemma (arXiv 2403.08295): the embedding times √d, gelu, and norms whose weights are stored minus one.</summary>
internal sealed class GemmaArchitecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new()
    {
        ContextLength = 8192,
        KeyValueHeads = 16,
        HeadWidth = 256,
        TieEmbeddings = true,

        // Gemma's first files say gelu and mean the approximation, with which they were trained.
        Activations = [GeluTanh, "gelu"],
    };

    /// <summary>transformers' name of <see cref="FeedForwardActivation.GeluTanh"/>.</summary>
    public const string GeluTanh = "gelu_pytorch_tanh";

    public override string ModelType => "gemma";

    public override string ClassName => "GemmaForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options) =>
        ReadCommon(options, TransformerConfigurationReader.Read(options, ModelType, Defaults));

    public override void Write(JsonObject json, TransformerConfiguration c) => WriteCommon(json);

    /// <summary>What the models named Gemma have in common.</summary>
    public static TransformerConfiguration ReadCommon(ConfigurationReader options, TransformerConfiguration c)
    {
        TransformerConfigurationReader.RequireActivation(options, "hidden_activation", GeluTanh);
        options.RequireBoolean("use_bidirectional_attention", false);
        bool bias = options.Boolean("attention_bias", false);
        return c with
        {
            EmbeddingScale = MathF.Sqrt(c.Width),
            Activation = FeedForwardActivation.GeluTanh,
            NormAddsOne = true,
            QueryKeyValueBias = bias,
            OutputBias = bias,
        };
    }

    /// <summary>Writes what the models named Gemma have in common.</summary>
    public static void WriteCommon(JsonObject json)
    {
        json["hidden_act"] = GeluTanh;
        json["hidden_activation"] = GeluTanh;
    }
}

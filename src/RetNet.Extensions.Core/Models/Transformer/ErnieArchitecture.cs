using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>ERNIE 4.5 without experts: Llama that rotates neighbouring values.</summary>
internal sealed class ErnieArchitecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new()
    {
        ContextLength = 131072,
        KeyValueHeads = 2,
        HeadWidth = 128,
        NormEpsilon = 1e-5f,
        TieEmbeddings = true,
        RopeTheta = 500_000,
    };

    public override string ModelType => "ernie4_5";

    public override string ClassName => "Ernie4_5ForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        options.RequireBoolean("use_bias", false);
        return TransformerConfigurationReader.Read(options, ModelType, Defaults) with { RotatesNeighbours = true };
    }

    public override void Write(JsonObject json, TransformerConfiguration c) => json["use_bias"] = false;
}

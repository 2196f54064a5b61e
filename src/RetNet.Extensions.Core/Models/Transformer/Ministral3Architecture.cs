using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Ministral 3: Mistral with YaRN, and queries that grow with their position.</summary>
internal sealed class Ministral3Architecture : TransformerArchitecture
{
    private const string Rotation = "rope_parameters";
    private const string Growth = "llama_4_scaling_beta";
    private const string GrowthLength = "original_max_position_embeddings";

    private static readonly ArchitectureDefaults Defaults =
        new() { ContextLength = 262144, KeyValueHeads = 8, HeadWidth = 128, NormEpsilon = 1e-5f };

    public override string ModelType => "ministral3";

    public override string ClassName => "Ministral3ForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        ConfigurationReader rotation = options.OptionalObject(Rotation) ?? throw options.Fault(Rotation, "an object");
        int? window = LayerWindows.Width(options, absent: null);
        return c with
        {
            QueryGrowth = (float)rotation.Number(Growth, 0, 1e6),
            QueryGrowthLength = rotation.Integer(GrowthLength, 1, int.MaxValue),
            SlidingWindows = LayerWindows.Everywhere(options, window, c.Layers),
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        json["sliding_window"] = LayerWindows.Width(c);
        JsonObject rotation = json["rope_scaling"]?.DeepClone().AsObject() ?? new JsonObject { ["rope_type"] = "default" };
        rotation["rope_theta"] = c.RopeTheta;
        rotation[Growth] = c.QueryGrowth;
        rotation[GrowthLength] = c.QueryGrowthLength;
        json.Remove("rope_scaling");
        json[Rotation] = rotation;
    }
}

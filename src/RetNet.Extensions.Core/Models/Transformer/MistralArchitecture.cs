using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer.Experts;
using RetNet.Extensions.Core.Models.Transformer.Windows;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Mistral: Llama with a window that holds for every layer.</summary>
internal sealed class MistralArchitecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 131072, KeyValueHeads = 8 };

    public override string ModelType => "mistral";

    public override string ClassName => "MistralForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        int? window = LayerWindows.Width(options, absent: 4096);
        return c with { SlidingWindows = LayerWindows.Everywhere(options, window, c.Layers) };
    }

    public override void Write(JsonObject json, TransformerConfiguration c) =>
        json["sliding_window"] = LayerWindows.Width(c.SlidingWindows);
}

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
        json["sliding_window"] = LayerWindows.Width(c.SlidingWindows);
        JsonObject rotation = json["rope_scaling"]?.DeepClone().AsObject() ?? new JsonObject { ["rope_type"] = "default" };
        rotation["rope_theta"] = c.RopeTheta;
        rotation[Growth] = c.QueryGrowth;
        rotation[GrowthLength] = c.QueryGrowthLength;
        json.Remove("rope_scaling");
        json[Rotation] = rotation;
    }
}

/// <summary>Mixtral: Mistral with experts in every block.</summary>
internal sealed class MixtralArchitecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new()
    {
        ContextLength = 131072,
        KeyValueHeads = 8,
        NormEpsilon = 1e-5f,
        RopeTheta = 1e6,
        HasExperts = true,
    };

    public override string ModelType => "mixtral";

    public override string ClassName => "MixtralForCausalLM";

    public override ExpertNames ExpertNames { get; } = new()
    {
        Router = "block_sparse_moe.gate",
        Experts = "block_sparse_moe.experts",
        Gate = "w1",
        Up = "w3",
        Down = "w2",
    };

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        return c with
        {
            SlidingWindows = LayerWindows.Everywhere(options, LayerWindows.Width(options, absent: null), c.Layers),
            Experts = ExpertOptionsReader.Read(options, count: 8, perToken: 2, c.FeedForwardWidth),
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        json["sliding_window"] = LayerWindows.Width(c.SlidingWindows);
        ExpertOptionsReader.Write(json, "num_local_experts", c.Experts!);
    }
}

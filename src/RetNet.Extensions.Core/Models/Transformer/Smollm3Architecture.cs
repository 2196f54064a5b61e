using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer.Rotations;
using RetNet.Extensions.Core.Models.Transformer.Windows;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>SmolLM 3: Llama in which every fourth layer does not rotate queries and keys (NoPE, arXiv 2501.18795).</summary>
internal sealed class Smollm3Architecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults =
        new() { ContextLength = 32768, KeyValueHeads = 4, TieEmbeddings = true, RopeTheta = 2_000_000 };

    public override string ModelType => "smollm3";

    public override string ClassName => "SmolLM3ForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        bool bias = options.Boolean("attention_bias", false);
        LayerRotation[] rotations = Rotations(options, c.Layers);
        int? window = options.Boolean("use_sliding_window", false) ? LayerWindows.Width(options, absent: null) : null;
        int?[] whereNotRotated = [.. rotations.Select(rotation => rotation == LayerRotation.None ? window : null)];
        return c with
        {
            QueryKeyValueBias = bias,
            OutputBias = bias,
            LayerRotations = rotations,
            SlidingWindows = LayerWindows.ByType(options, window, whereNotRotated),
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c)
    {
        json["no_rope_layers"] = new JsonArray([
            .. Enumerable.Range(0, c.Layers).Select(layer => (JsonNode)(c.Rotation(layer) == LayerRotation.None ? 0 : 1))]);
        json["use_sliding_window"] = LayerWindows.Width(c.SlidingWindows) is not null;
        json["sliding_window"] = LayerWindows.Width(c.SlidingWindows);
        json["layer_types"] = LayerWindows.Types(c.SlidingWindows);
    }

    // no_rope_layers has 1 for a layer that rotates.
    private static LayerRotation[] Rotations(ConfigurationReader options, int layers)
    {
        const string Option = "no_rope_layers";
        int interval = options.OptionalInteger("no_rope_layer_interval", 1, int.MaxValue) ?? 4;
        if (!options.Contains(Option))
            return [.. Enumerable.Range(1, layers).Select(layer => Rotation(layer % interval != 0))];
        IReadOnlyList<double> flags = options.Numbers(Option, 0, 1);
        return flags.Count >= layers
            ? [.. flags.Take(layers).Select(flag => Rotation(flag != 0))]
            : throw options.Fault(Option, $"{layers} numbers, one for each layer");

        static LayerRotation Rotation(bool rotates) => rotates ? LayerRotation.Global : LayerRotation.None;
    }
}

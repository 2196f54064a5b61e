using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;

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

    public override void Write(JsonObject json, TransformerConfiguration c) => json["sliding_window"] = LayerWindows.Width(c);
}

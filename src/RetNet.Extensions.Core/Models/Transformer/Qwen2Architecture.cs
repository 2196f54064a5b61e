using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Qwen 2 and 2.5: Llama with biases of queries, keys and values, and a window from some layer on.</summary>
internal sealed class Qwen2Architecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 32768, KeyValueHeads = 32 };

    public override string ModelType => "qwen2";

    public override string ClassName => "Qwen2ForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        return c with { QueryKeyValueBias = true, SlidingWindows = LayerWindows.FromLayer(options, c.Layers) };
    }

    public override void Write(JsonObject json, TransformerConfiguration c) => LayerWindows.Write(json, c);
}

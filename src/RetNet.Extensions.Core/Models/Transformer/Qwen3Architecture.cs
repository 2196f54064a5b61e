using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Qwen 3: Qwen 2 with a norm of each head's query and key instead of biases.</summary>
internal sealed class Qwen3Architecture : TransformerArchitecture
{
    private static readonly ArchitectureDefaults Defaults = new() { ContextLength = 32768, KeyValueHeads = 32, HeadWidth = 128 };

    public override string ModelType => "qwen3";

    public override string ClassName => "Qwen3ForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        bool bias = options.Boolean("attention_bias", false);
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, Defaults);
        return c with
        {
            QueryKeyNorm = QueryKeyNorm.PerHead,
            QueryKeyValueBias = bias,
            OutputBias = bias,
            SlidingWindows = LayerWindows.FromLayer(options, c.Layers),
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c) => LayerWindows.Write(json, c);
}

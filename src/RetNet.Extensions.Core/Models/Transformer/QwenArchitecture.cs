using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.Transformer.Windows;

namespace RetNet.Extensions.Core.Models.Transformer;

/// <summary>Qwen 2, 2.5 and 3: Llama with a window from some layer on; 2 has biases of queries, keys and values, 3 has a norm of each
/// head's query and key instead.</summary>
/// <param name="generation">2 or 3.</param>
internal sealed class QwenArchitecture(int generation) : TransformerArchitecture
{
    private readonly ArchitectureDefaults _defaults =
        new() { ContextLength = 32768, KeyValueHeads = 32, HeadWidth = generation == 3 ? 128 : null };

    public override string ModelType => $"qwen{generation}";

    public override string ClassName => $"Qwen{generation}ForCausalLM";

    public override TransformerConfiguration Read(ConfigurationReader options)
    {
        bool hasNorms = generation == 3, bias = hasNorms && options.Boolean("attention_bias", false);
        TransformerConfiguration c = TransformerConfigurationReader.Read(options, ModelType, _defaults);
        int? window = options.Boolean("use_sliding_window", false) ? LayerWindows.Width(options, absent: 4096) : null;
        return c with
        {
            QueryKeyNorm = hasNorms ? QueryKeyNorm.PerHead : QueryKeyNorm.None,
            QueryKeyValueBias = !hasNorms || bias,
            OutputBias = bias,
            SlidingWindows = LayerWindows.FromLayer(options, window, c.Layers, absentFirst: 28),
        };
    }

    public override void Write(JsonObject json, TransformerConfiguration c) => LayerWindows.Write(json, c.SlidingWindows);
}

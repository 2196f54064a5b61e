using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of SmolLM 3: Llama without a rotation in every fourth layer, which its files need not say.</summary>
internal sealed class SmolLm3Files() : GgufArchitecture("smollm3", "smollm3", rotatesNeighbours: true)
{
    private const int Interval = 4;

    public override void Write(GgufOptions options, Utf8JsonWriter json)
    {
        json.WriteNumber("no_rope_layer_interval", Interval);
        json.WriteStartArray("no_rope_layers");
        for (int layer = 1; layer <= options.Layers; layer++)
            json.WriteNumberValue(layer % Interval == 0 ? 0 : 1);
        json.WriteEndArray();
    }
}

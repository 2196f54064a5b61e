using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of Gemma 3: five of six layers have a window and a rotary base of their own; norms of queries and keys.</summary>
internal sealed class Gemma3Files()
    : LaterGemmaFiles("gemma3", "gemma3_text", period: 6, absentWindow: null, layersOfLargest: 62, absentCaps: false)
{
    public override void Write(GgufOptions options, Utf8JsonWriter json)
    {
        base.Write(options, json);
        json.WriteNumber("rope_local_base_freq", options.OptionalNumber("rope.freq_base_swa", 1, 1e15) ?? 10000);
    }
}

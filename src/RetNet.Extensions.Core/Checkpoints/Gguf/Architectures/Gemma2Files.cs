using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of Gemma 2: every other layer has a window; soft caps, which the first converters did not write.</summary>
internal sealed class Gemma2Files()
    : LaterGemmaFiles("gemma2", "gemma2", period: 2, absentWindow: 4096, layersOfLargest: 46, absentCaps: true)
{
    private const string ScoreCap = "attn_logit_softcapping";

    public override IReadOnlyList<string> Features => [.. base.Features.Except(["rope.freq_base_swa"]), ScoreCap];

    public override void Write(GgufOptions options, Utf8JsonWriter json)
    {
        base.Write(options, json);
        WriteCap(options, json, ScoreCap);
    }
}

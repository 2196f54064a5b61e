using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of Gemma.</summary>
internal class GemmaFiles(string name = "gemma", string modelType = "gemma") : GgufArchitecture(name, modelType)
{
    public override bool AddsOneToNorms => true;

    public override void WriteWindows(GgufOptions options, Utf8JsonWriter json)
    {
    }

    public override void Write(GgufOptions options, Utf8JsonWriter json)
    {
        json.WriteString("hidden_act", "gelu_pytorch_tanh");
        json.WriteString("hidden_activation", "gelu_pytorch_tanh");
    }
}

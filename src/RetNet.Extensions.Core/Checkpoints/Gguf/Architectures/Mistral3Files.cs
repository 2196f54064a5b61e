using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of Mistral Small 3 and Ministral 3, whose queries grow with their positions.</summary>
internal sealed class Mistral3Files() : GgufArchitecture("mistral3", "mistral", rotatesNeighbours: true)
{
    public override IReadOnlyList<string> Features => [GgufRotation.QueryGrowth];

    public override string ModelType(GgufOptions options) =>
        options.All.Contains(options.Key(GgufRotation.QueryGrowth)) ? "ministral3" : base.ModelType(options);

    public override void WriteWindows(GgufOptions options, Utf8JsonWriter json) => WriteOneWindow(options, json);
}

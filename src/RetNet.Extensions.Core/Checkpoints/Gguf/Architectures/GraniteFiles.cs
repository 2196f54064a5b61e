using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of Granite, with experts or without: Llama with factors.</summary>
/// <param name="name">general.architecture, and model_type.</param>
internal sealed class GraniteFiles(string name) : GgufArchitecture(name, name, rotatesNeighbours: true)
{
    private static readonly (string File, string Model)[] Factors =
    [
        ("embedding_scale", "embedding_multiplier"), ("residual_scale", "residual_multiplier"),
        ("attention.scale", "attention_multiplier"), ("logit_scale", "logits_scaling"),
    ];

    private static readonly GgufTensorNames Names = new(
        [.. GgufExperts.Names("block_sparse_moe.router.layer"), .. GgufExperts.NamesOfShared("shared_mlp", "output_linear")]);

    public override GgufTensorNames TensorNames => Names;

    public override bool HasExperts => Name == "granitemoe";

    public override IReadOnlyList<string> Features =>
        [.. Factors.Select(factor => factor.File), .. HasExperts ? (string[])[GgufExperts.SharedWidth] : []];

    public override string ModelType(GgufOptions options) => SharedWidth(options) > 0 ? "granitemoeshared" : base.ModelType(options);

    public override void Write(GgufOptions options, Utf8JsonWriter json)
    {
        GgufExperts.Write(options, json);
        if (SharedWidth(options) is int width and > 0)
            json.WriteNumber("shared_intermediate_size", width);

        // Without a rotation where this is false.
        options.All.RequireBoolean(options.Key("rope.scaling.finetuned"), true);
        foreach ((string file, string model) in Factors)
        {
            if (options.OptionalNumber(file, 0, float.MaxValue) is double factor and > 0)
                json.WriteNumber(model, factor);
            else if (model == "attention_multiplier")
                json.WriteNumber(model, 1 / Math.Sqrt(options.HeadWidth));
        }
    }

    private static int? SharedWidth(GgufOptions options) =>
        options.OptionalInteger(GgufExperts.SharedWidth, 0, ConfigurationReader.MaximumWidth);
}

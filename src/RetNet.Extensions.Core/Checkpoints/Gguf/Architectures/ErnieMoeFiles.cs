using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of ERNIE 4.5 with experts.</summary>
internal sealed class ErnieMoeFiles() : GgufArchitecture("ernie4_5-moe", "ernie4_5_moe")
{
    private static readonly GgufTensorNames Names = new(GgufExperts.NamesWithBias("mlp.moe_statics.e_score_correction_bias"));

    public override GgufTensorNames TensorNames => Names;

    public override bool HasExperts => true;

    public override IReadOnlyList<string> Features =>
        [GgufExperts.SharedCount, GgufExperts.SharedWidth, GgufExperts.FirstDense, GgufExperts.Interval];

    public override void Write(GgufOptions options, Utf8JsonWriter json)
    {
        GgufExperts.Write(options, json, "moe_intermediate_size");
        int shared = Number(GgufExperts.SharedCount, absent: 0), width = Number(GgufExperts.Width, absent: 0);
        if (GgufExperts.StatedWidth(options, GgufExperts.SharedWidth) is int stated && stated != (long)shared * width)
            throw options.Fault(GgufExperts.SharedWidth, $"{shared} times the width of an expert, {width}");
        json.WriteNumber("moe_num_shared_experts", shared);
        json.WriteNumber("moe_layer_start_index", Number(GgufExperts.FirstDense, absent: 0));
        json.WriteNumber("moe_layer_interval", Math.Max(1, Number(GgufExperts.Interval, absent: 1)));

        int Number(string option, int absent) => options.OptionalInteger(option, 0, ConfigurationReader.MaximumWidth) ?? absent;
    }
}

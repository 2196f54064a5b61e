using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of encoders: norms with biases and an epsilon of their own; every token sees its whole text.</summary>
internal abstract class EncoderFiles(string name, string modelType) : GgufArchitecture(name, modelType)
{
    public override bool IsCausal => false;

    public override void WriteNorm(GgufOptions options, Utf8JsonWriter json) =>
        json.WriteNumber("layer_norm_eps", options.All.Number(options.Key("attention.layer_norm_epsilon"), 0, 1));

    public override void Write(GgufOptions options, Utf8JsonWriter json)
    {
        const string TypesKey = "tokenizer.ggml.token_type_count";
        if (options.All.OptionalInteger(TypesKey, 1, ConfigurationReader.MaximumVocabulary) is int types)
            json.WriteNumber("type_vocab_size", types);
    }
}

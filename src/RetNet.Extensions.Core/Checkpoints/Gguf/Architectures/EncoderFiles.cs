using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of encoders: norms with biases and an epsilon of their own; every token sees its whole text.</summary>
/// <remarks>Files of RoBERTa and XLM-RoBERTa are those of BERT: the converter stores their learned positions from the first that a token
/// has.</remarks>
internal sealed class EncoderFiles(string name, string modelType, GgufTensorNames names) : GgufArchitecture(name, modelType)
{
    public static EncoderFiles Bert { get; } = new("bert", "bert", GgufTensorNames.OfEncoder(
        "encoder.layer.",
        ("token_embd", "embeddings.word_embeddings"),
        ("position_embd", "embeddings.position_embeddings"),
        ("token_types", "embeddings.token_type_embeddings"),
        ("token_embd_norm", "embeddings.LayerNorm"),
        ("attn_q", "attention.self.query"),
        ("attn_k", "attention.self.key"),
        ("attn_v", "attention.self.value"),
        ("attn_output", "attention.output.dense"),
        ("attn_output_norm", "attention.output.LayerNorm"),
        ("ffn_up", "intermediate.dense"),
        ("ffn_down", "output.dense"),
        ("layer_output_norm", "output.LayerNorm")));

    public static EncoderFiles NomicBert { get; } = new("nomic-bert", "nomic_bert", GgufTensorNames.OfEncoder(
        "encoder.layers.",
        ("token_embd", "embeddings.word_embeddings"),
        ("token_types", "embeddings.token_type_embeddings"),
        ("token_embd_norm", "emb_ln"),
        ("attn_q", "attn.Wq"),
        ("attn_k", "attn.Wk"),
        ("attn_v", "attn.Wv"),
        ("attn_output", "attn.out_proj"),
        ("attn_output_norm", "norm1"),
        ("ffn_gate", "mlp.fc12"),
        ("ffn_up", "mlp.fc11"),
        ("ffn_down", "mlp.fc2"),
        ("layer_output_norm", "norm2")));

    public override bool IsCausal => false;

    public override GgufTensorNames TensorNames => names;

    public override void WriteNorm(GgufOptions options, Utf8JsonWriter json) =>
        json.WriteNumber("layer_norm_eps", options.All.Number(options.Key("attention.layer_norm_epsilon"), 0, 1));

    public override void Write(GgufOptions options, Utf8JsonWriter json)
    {
        const string TypesKey = "tokenizer.ggml.token_type_count";
        if (options.All.OptionalInteger(TypesKey, 1, ConfigurationReader.MaximumVocabulary) is int types)
            json.WriteNumber("type_vocab_size", types);
        if (options.OptionalNumber("rope.freq_base", 1, 1e15) is double theta)
            json.WriteNumber("rotary_emb_base", theta);
    }
}

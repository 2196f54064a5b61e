using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of Nomic BERT.</summary>
internal sealed class NomicBertFiles() : EncoderFiles("nomic-bert", "nomic_bert")
{
    public override GgufTensorNames TensorNames { get; } = GgufTensorNames.OfEncoder(
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
        ("layer_output_norm", "norm2"));

    public override void Write(GgufOptions options, Utf8JsonWriter json)
    {
        base.Write(options, json);
        json.WriteNumber("rotary_emb_base", options.All.Number(options.Key("rope.freq_base"), 1, 1e15));
    }
}

namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>Files of BERT, and of RoBERTa and XLM-RoBERTa, whose learned positions the converter stores from the first that a token
/// has.</summary>
internal sealed class BertFiles() : EncoderFiles("bert", "bert")
{
    public override GgufTensorNames TensorNames { get; } = GgufTensorNames.OfEncoder(
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
        ("layer_output_norm", "output.LayerNorm"));
}

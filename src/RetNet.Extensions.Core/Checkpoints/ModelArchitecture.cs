namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>The model families that a checkpoint can hold.</summary>
public enum ModelArchitecture
{
    /// <summary>RetNet as flash-linear-attention writes it (model_type retnet).</summary>
    RetNetFla,

    /// <summary>RetNet as torchscale, the paper authors' library, writes it (decoder_embed_dim and its siblings, no model_type).</summary>
    RetNetTorchScale,

    /// <summary>A decoder of the Llama family: llama, mistral, qwen2, qwen3.</summary>
    Transformer,
}

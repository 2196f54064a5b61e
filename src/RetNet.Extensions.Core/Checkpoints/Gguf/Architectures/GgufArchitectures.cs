namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>The architectures of GGUF files that are read.</summary>
internal static class GgufArchitectures
{
    private const string Key = "general.architecture";

    private static readonly GgufArchitecture[] All =
    [
        new LlamaFiles(), new Mistral3Files(), new GgufArchitecture("qwen2", "qwen2"), new GgufArchitecture("qwen3", "qwen3"),
        new GemmaFiles(), new Gemma2Files(), new Gemma3Files(), new Phi3Files(), new SmolLm3Files(),
        new GraniteFiles("granite"), new OlmoFiles(), new OlmoeFiles(), new GgufArchitecture("ernie4_5", "ernie4_5"), new ErnieMoeFiles(),
        new Glm4Files(), new Glm4MoeFiles(), new Dots1Files(),
        new GgufArchitecture("seed_oss", "seed_oss")
        {
            TensorNames = new(("post_attention_norm.weight", "post_attention_layernorm.weight")),
        },
        new GgufArchitecture("hunyuan-dense", "hunyuan_v1_dense")
        {
            TensorNames = new(
                ("attn_q_norm.weight", "self_attn.query_layernorm.weight"), ("attn_k_norm.weight", "self_attn.key_layernorm.weight")),
        },
        new GgufArchitecture("internlm2", "llama", rotatesNeighbours: true), new QwenMoeFiles(2), new QwenMoeFiles(3),
        new GptOssFiles(), new GraniteFiles("granitemoe"), EncoderFiles.Bert, EncoderFiles.NomicBert,
    ];

    /// <summary>The architecture of a file.</summary>
    /// <exception cref="CheckpointException">It is not stated, or not supported.</exception>
    public static GgufArchitecture Of(GgufFile file)
    {
        ConfigurationReader options = file.Metadata.Options;
        string? name = options.OptionalText(Key);
        return All.FirstOrDefault(architecture => architecture.Name == name)
            ?? throw options.Fault(Key, string.Join(", ", All.Select(architecture => architecture.Name)));
    }
}

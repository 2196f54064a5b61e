using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Tests.Checkpoints.Gguf;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>GGUF files: keys, values, tensors; the weights and the tokenizer, byte-level or SentencePiece's, are read, and the model
/// writes a text.</summary>
internal sealed class GgufReader : Reader
{
    // ggml's last number of a type, Q2_0.
    private const int MaximumType = 42;

    private const int Control = 3;
    private const int Byte = 6;

    private static readonly (string Key, object Value)[] ByteLevel =
    [
        ("tokenizer.ggml.model", "gpt2"), ("tokenizer.ggml.pre", "gpt-2"),
        ("tokenizer.ggml.tokens", (string[])["a", "b", "c", "Ġ", "ab"]), ("tokenizer.ggml.token_type", (int[])[1, 1, 1, 1, 1]),
        ("tokenizer.ggml.merges", (string[])["a b"]), ("tokenizer.ggml.eos_token_id", 2),
        ("tokenizer.chat_template", "{{ messages[0].content }}{{ eos_token }}"),
    ];

    private static readonly (string Key, object Value)[] SentencePiece =
    [
        ("tokenizer.ggml.model", "llama"), ("tokenizer.ggml.tokens", (string[])["<unk>", "<s>", "<0x0A>", "▁", "ab"]),
        ("tokenizer.ggml.scores", (float[])[0, 0, 0, -1, -2]), ("tokenizer.ggml.token_type", (int[])[2, Control, Byte, 1, 1]),
        ("tokenizer.ggml.bos_token_id", 1), ("tokenizer.ggml.unknown_token_id", 0), ("tokenizer.ggml.add_bos_token", true),
    ];

    private static readonly string[] Options =
    [
        "attention.sliding_window", "attention.sliding_window_pattern", "attention.scale", "attention.temperature_scale",
        "attn_logit_softcapping", "final_logit_softcapping", "logit_scale", "residual_scale", "embedding_scale", "rope.freq_base_swa",
        "rope.scaling.attn_factor", "rope.scaling.original_context_length", "rope.scaling.yarn_beta_fast", "rope.scaling.yarn_beta_slow",
        "rope.scaling.yarn_log_multiplier", "rope.scaling.yarn_attn_factor", "rope.scaling.yarn_truncate", "rope.scaling.finetuned",
    ];

    private static readonly object[] Values =
    [
        0, 1, 3, 7, uint.MaxValue, int.MaxValue, -1f, 0f, 1e-30f, 1e30f, float.NaN, true, false, "", "llama", "qwen2", "gpt2", "a b",
        "yarn", "longrope",
        "{% for x in y %}", (string[])[], (string[])["a", "a"], (string[])["", "b", "c", "d", "e"], (int[])[], (int[])[9, -1, 6, 6, 6],
        (float[])[], (float[])[float.NaN, 1, 2, 3, 4], (string[])["a  b", "ab a"],
    ];

    private readonly TemporaryFolder _folder = new();

    public override string Name => "gguf";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        GgufModels.Metadata("llama", SentencePiece).WithWeights().ToArray(),
        GgufModels.Metadata("qwen2", ByteLevel).WithWeights(head: false).ToArray(),
        GgufModels.Metadata("gemma", [.. SentencePiece, ("gemma.attention.key_length", 4)]).WithWeights(head: false).ToArray(),
        GgufModels.Metadata("granite", [.. ByteLevel, ("granite.attention.scale", 0.5f), ("granite.logit_scale", 2f)]).WithWeights()
            .ToArray(),
        GgufModels.Metadata("llama", [.. ByteLevel, ("llama.rope.scaling.type", "yarn"), ("llama.rope.scaling.factor", 4f),
            ("llama.rope.scaling.original_context_length", 16)]).WithWeights().ToArray(),
        GgufModels.Metadata("qwen3", [.. ByteLevel, ("qwen3.attention.key_length", 4), ("qwen3.rope.freq_base", 10000f)]).WithWeights()
            .ToArray(),
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) =>
        mutation.OnceIn(2) ? Bytes.Mutate(input, mutation, input.Length / 2) : Written(mutation);

    public override void Read(byte[] input)
    {
        string path = _folder.Write("model.gguf", input);
        using (Checkpoint checkpoint = Checkpoint.Open(path))
        {
            foreach (TensorView tensor in checkpoint.Tensors.Values)
                Weights.Read(tensor);
        }

        Tokenizer tokenizer = Tokenizer.Load(path);
        int[] ids = tokenizer.Encode("ab c\n<s>é");
        _ = tokenizer.Decode(ids);
        using TextModel model = TextModel.Load(path, TinyText.OneThread);
        if (ids.Length > 0)
            _ = model.CreateGenerator().Generate(new GenerationRequest(ids, model.DefaultOptions with { MaxTokens = 2 }));
    }

    public override bool IsRefusal(Exception exception) =>
        exception is CheckpointException or TokenizerException or ChatTemplateException || GivesNoToken(exception);

    /// <summary>A file whose fields are well-formed, but not what they should be.</summary>
    private static byte[] Written(Mutation mutation)
    {
        bool bytes = mutation.OnceIn(2);
        string architecture = mutation.Pick<string>(
            [
                "llama", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "phi3", "smollm3", "granite", "olmo2", "mistral3", "ernie4_5",
                "seed_oss", "glm4", "hunyuan-dense",
            ]);
        List<(string Key, object Value)> more = [.. bytes ? ByteLevel : SentencePiece];
        string[] keys =
        [
            .. more.Select(pair => pair.Key), "general.alignment", $"{architecture}.rope.freq_base", $"{architecture}.rope.dimension_count",
            $"{architecture}.vocab_size", $"{architecture}.attention.key_length", $"{architecture}.attention.value_length",
            $"{architecture}.rope.scaling.type", $"{architecture}.rope.scaling.factor", "tokenizer.ggml.add_space_prefix",
            "tokenizer.ggml.padding_token_id", "split.count", "split.no", "split.tensors.count",
            .. Options.Select(option => $"{architecture}.{option}"),
        ];
        for (int i = mutation.Random.Next(3); i >= 0; i--)
        {
            string key = mutation.Pick(keys);
            more.RemoveAll(pair => pair.Key == key);
            if (!mutation.OnceIn(4))
                more.Add((key, mutation.Pick(Values)));
        }

        GgufBytes file = GgufModels.Metadata(architecture, [.. more]);
        if (mutation.OnceIn(2))
            return file.WithWeights(mutation.OnceIn(2)).ToArray();
        string[] names = ["token_embd.weight", "output_norm.weight", "blk.0.attn_q.weight", "blk.1.attn_k.weight", "rope_freqs.weight",
            "rope_factors_long.weight", "rope_factors_short.weight", "blk.0.attn_qkv.weight", "x"];
        long[][] shapes = [[], [0], [1], [0, 4], [4, 0], [5, 8], [8, 8], [4, 8], [3, 32], [2, 256], [2, 2, 2, 2], [1L << 33, 1L << 33]];
        foreach (string name in names)
        {
            uint type = (uint)mutation.Random.Next(MaximumType + 2);
            byte[] data = new byte[mutation.Pick<int>([0, 4, 32, 128, 160, 288, 2048])];
            mutation.Random.NextBytes(data);
            file.WithTensor(name, type, mutation.Pick(shapes), data, mutation.OnceIn(8) ? (ulong)mutation.Random.NextInt64() : null);
        }

        return file.ToArray();
    }
}

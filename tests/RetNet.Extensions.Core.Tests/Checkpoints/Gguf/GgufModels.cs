namespace RetNet.Extensions.Core.Tests.Checkpoints.Gguf;

/// <summary>A tiny model as a GGUF file: two layers of width 8, two heads of 4, one key-value head, five tokens.</summary>
internal static class GgufModels
{
    public static GgufBytes Metadata(string architecture = "llama", params (string Key, object Value)[] more)
    {
        GgufBytes file = new GgufBytes()
            .With("general.architecture", architecture)
            .With($"{architecture}.block_count", 2)
            .With($"{architecture}.embedding_length", 8)
            .With($"{architecture}.feed_forward_length", 16)
            .With($"{architecture}.attention.head_count", 2)
            .With($"{architecture}.attention.head_count_kv", 1)
            .With($"{architecture}.attention.layer_norm_rms_epsilon", 1e-5f)
            .With($"{architecture}.context_length", 64);
        foreach ((string key, object value) in more)
            file.With(key, value);
        return file;
    }

    public static GgufBytes WithWeights(this GgufBytes file, bool head = true)
    {
        file.WithFloats("token_embd.weight", [5, 8], 0.1f).WithFloats("output_norm.weight", [8], 1);
        if (head)
            file.WithFloats("output.weight", [5, 8], 0.2f);
        for (int layer = 0; layer < 2; layer++)
        {
            string prefix = $"blk.{layer}.";
            file.WithFloats(prefix + "attn_norm.weight", [8], 1).WithFloats(prefix + "ffn_norm.weight", [8], 1)
                .WithFloats(prefix + "attn_q.weight", [8, 8], 0.1f).WithFloats(prefix + "attn_k.weight", [4, 8], 0.1f)
                .WithFloats(prefix + "attn_v.weight", [4, 8], 0.1f).WithFloats(prefix + "attn_output.weight", [8, 8], 0.1f)
                .WithFloats(prefix + "ffn_gate.weight", [16, 8], 0.1f).WithFloats(prefix + "ffn_up.weight", [16, 8], 0.1f)
                .WithFloats(prefix + "ffn_down.weight", [8, 16], 0.1f);
        }

        return file;
    }
}

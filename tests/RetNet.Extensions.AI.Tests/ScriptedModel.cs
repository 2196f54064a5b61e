using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using RetNet.Extensions.Core;

namespace RetNet.Extensions.AI.Tests;

/// <summary>A Llama of eight tokens that calls a function, by default clock, when it is offered tools, and says "Noon." after a tool's
/// message.</summary>
/// <remarks>Its one layer adds nothing; its head maps each token to the one that follows it in the script.</remarks>
internal sealed class ScriptedModel : IDisposable
{
    private const string Template =
        "{% if tools and messages[messages|length - 1]['role'] != 'tool' %}{{ '<ask>' }}{% else %}{{ '<result>' }}{% endif %}";

    private static readonly int[] Next = [1, 2, 3, 4, 5, 5, 7, 5];

    public ScriptedModel(string function = "clock")
    {
        string[] tokens =
        [
            "<ask>", "<tool_call>", $"{{\"name\":\"{function}\",", "\"arguments\":{\"zone\":\"UTC\"}}", "</tool_call>", "<end>", "<result>",
            "Noon.",
        ];
        Write("config.json", new
        {
            architectures = new[] { "LlamaForCausalLM" },
            model_type = "llama",
            hidden_size = 8,
            intermediate_size = 8,
            num_hidden_layers = 1,
            num_attention_heads = 1,
            num_key_value_heads = 1,
            vocab_size = 8,
            rms_norm_eps = 1e-6,
            max_position_embeddings = 64,
            hidden_act = "silu",
            tie_word_embeddings = false,
            eos_token_id = 5,
        });
        Write("tokenizer.json", new
        {
            version = "1.0",
            added_tokens = tokens.Select((content, id) => new
            {
                id,
                content,
                special = content is "<ask>" or "<result>" or "<end>",
                normalized = false
            }),
            decoder = new { type = "ByteLevel" },
            model = new
            {
                type = "BPE",
                vocab = tokens.Select((content, id) => (content, id)).ToDictionary(),
                merges = Array.Empty<string>()
            },
        });
        Write("tokenizer_config.json", new { eos_token = "<end>", chat_template = Template });
        WriteWeights();
        Model = TextModel.Load(Folder);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("retnet-").FullName;

    public TextModel Model { get; }

    public void Dispose()
    {
        Model.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private void WriteWeights()
    {
        float[] zeros = new float[64];
        float[] ones = [1, 1, 1, 1, 1, 1, 1, 1];
        float[] identity = [.. zeros.Select((_, i) => i % 9 == 0 ? 1f : 0f)];
        float[] head = new float[64];
        for (int token = 0; token < 8; token++)
            head[(Next[token] * 8) + token] = 1;
        (string Name, float[] Values)[] tensors =
        [
            ("model.embed_tokens.weight", identity),
            ("model.norm.weight", ones),
            ("lm_head.weight", head),
            ("model.layers.0.input_layernorm.weight", ones),
            ("model.layers.0.post_attention_layernorm.weight", ones),
            .. new[] { "self_attn.q", "self_attn.k", "self_attn.v", "self_attn.o", "mlp.gate", "mlp.up", "mlp.down" }
                .Select(part => ($"model.layers.0.{part}_proj.weight", zeros)),
        ];
        Dictionary<string, object> header = [];
        int offset = 0;
        foreach ((string name, float[] values) in tensors)
        {
            int end = offset + (values.Length * sizeof(float));
            header[name] = new { dtype = "F32", shape = values.Length == 8 ? new[] { 8 } : [8, 8], data_offsets = new[] { offset, end } };
            offset = end;
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        using FileStream file = File.Create(Path.Combine(Folder, "model.safetensors"));
        file.Write(length);
        file.Write(json);
        foreach ((_, float[] values) in tensors)
            file.Write(MemoryMarshal.AsBytes<float>(values));
    }

    private void Write(string file, object content) => File.WriteAllText(Path.Combine(Folder, file), JsonSerializer.Serialize(content));
}

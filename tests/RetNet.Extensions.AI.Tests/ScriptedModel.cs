using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using RetNet.Extensions.Core;

namespace RetNet.Extensions.AI.Tests;

/// <summary>A Llama of a few tokens that says what a script says.</summary>
/// <remarks>Its one layer adds nothing; its head maps each token to the one that follows it in the script. Tokens such as
/// <c>&lt;0xF0&gt;</c> are bytes.</remarks>
internal sealed class ScriptedModel : IDisposable
{
    private const string CallingTemplate =
        "{# A call is written <tool_call>{\"name\": ..., \"arguments\": {...}}</tool_call>. #}" +
        "{% if tools and messages[messages|length - 1]['role'] != 'tool' %}{{ '<ask>' }}{% else %}{{ '<result>' }}{% endif %}";

    private readonly int[] _next;

    /// <summary>A model that calls a function when it is offered tools, and says "Noon." after a tool's message.</summary>
    public ScriptedModel(string function = "clock")
        : this(["<tool_call>", $"\n{{\"name\": \"{function}\", ", "\"arguments\": {\"zone\": \"UTC\"}}\n", "</tool_call>"])
    {
    }

    /// <summary>A model that says this when it is offered tools, and "Noon." after a tool's message.</summary>
    /// <param name="call">The tokens that lead to a call; no two are the same.</param>
    /// <param name="prompt">What a prompt with tools ends with.</param>
    public ScriptedModel(string[] call, string prompt = "<ask>")
        : this(CallingTemplate.Replace("<ask>", prompt, StringComparison.Ordinal), ["<ask>", "<result>", "<end>"],
            ["<ask>", .. call, "<end>", "<result>", "Noon."],
            [.. Enumerable.Range(1, call.Length + 1), call.Length + 1, call.Length + 3, call.Length + 1])
    {
    }

    /// <summary>A model that gives one answer to everything.</summary>
    /// <param name="answer">The tokens of the answer; no two are the same.</param>
    /// <param name="prompt">The token with which each prompt ends; one of the answer's goes on after it.</param>
    /// <param name="control">Tokens of the answer that are control tokens.</param>
    /// <returns>The model.</returns>
    public static ScriptedModel Saying(string[] answer, string prompt = "<ask>", params string[] control)
    {
        string[] tokens = ["<ask>", .. answer, "<end>"];
        int[] next = [.. Enumerable.Range(1, tokens.Length - 1), tokens.Length - 1];
        string template = prompt == "<ask>" ? "{{ '<ask>' }}" : $"{{{{ '<ask>' }}}}{{{{ '{prompt}' }}}}";
        return new ScriptedModel(template, ["<ask>", "<end>", .. control], tokens, next);
    }

    /// <summary>A model whose prompts are the texts of the messages, made of its own tokens, and that gives one answer to
    /// everything.</summary>
    /// <param name="answer">The tokens of the answer; no two are the same. No other text can be encoded.</param>
    public static ScriptedModel Repeating(params string[] answer)
    {
        string[] tokens = ["<ask>", .. answer, "<end>"];
        const string template = "{% for message in messages %}{{ message.content }}{% endfor %}{{ '<ask>' }}";
        return new ScriptedModel(
            template, ["<ask>", "<end>"], tokens, [.. Enumerable.Range(1, tokens.Length - 1), tokens.Length - 1]);
    }

    /// <summary>A model whose template has messages in channels, and that gives one answer to everything.</summary>
    /// <param name="answer">The tokens of the answer; no two are the same. Single marks are control tokens.</param>
    public static ScriptedModel InChannels(params string[] answer)
    {
        string[] tokens = ["<ask>", .. answer, "<end>"];
        int[] next = [.. Enumerable.Range(1, tokens.Length - 1), tokens.Length - 1];
        const string template = "{# <|channel|>final<|message|> #}{% for message in messages %}{% if '<|channel|>' in message.content %}"
            + "{{ raise_exception('channels in the content') }}{% endif %}{% endfor %}{% if tools %}{% endif %}{{ '<ask>' }}";
        return new ScriptedModel(template, ["<ask>", "<end>", "<|channel|>", "<|message|>", "<|constrain|>"], tokens, next);
    }

    private ScriptedModel(string template, string[] special, string[] tokens, int[] next)
    {
        // Rotary pairs need an even width.
        if (tokens.Length % 2 == 1)
            (tokens, next) = ([.. tokens, "<unused>"], [.. next, Array.IndexOf(tokens, "<end>")]);
        _next = next;
        int size = tokens.Length;
        Write("config.json", new
        {
            architectures = new[] { "LlamaForCausalLM" },
            model_type = "llama",
            hidden_size = size,
            intermediate_size = size,
            num_hidden_layers = 1,
            num_attention_heads = 1,
            num_key_value_heads = 1,
            vocab_size = size,
            rms_norm_eps = 1e-6,
            max_position_embeddings = 64,
            hidden_act = "silu",
            tie_word_embeddings = false,
            eos_token_id = Array.IndexOf(tokens, "<end>"),
        });
        Write("tokenizer.json", new
        {
            version = "1.0",
            added_tokens = tokens.Select((content, id) => new
            {
                id,
                content,
                special = special.Contains(content),
                normalized = false
            }),
            decoder = tokens.Any(token => token.StartsWith("<0x", StringComparison.Ordinal))
                ? new { type = "ByteFallback" }
                : new { type = "ByteLevel" },
            model = new
            {
                type = "BPE",
                vocab = tokens.Select((content, id) => (content, id)).ToDictionary(),
                merges = Array.Empty<string>()
            },
        });
        Write("tokenizer_config.json", new { eos_token = "<end>", chat_template = template });
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
        int size = _next.Length;
        float[] zeros = new float[size * size];
        float[] ones = [.. Enumerable.Repeat(1f, size)];
        float[] identity = [.. zeros.Select((_, i) => i % (size + 1) == 0 ? 1f : 0f)];
        float[] head = new float[size * size];
        for (int token = 0; token < size; token++)
            head[(_next[token] * size) + token] = 1;
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
            int[] shape = values.Length == size ? [size] : [size, size];
            header[name] = new { dtype = "F32", shape, data_offsets = new[] { offset, end } };
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

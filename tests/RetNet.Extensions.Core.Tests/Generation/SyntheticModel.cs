using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Tests.Kernels;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>A small model with random weights, loaded from a folder as any other: 2 layers, 4 heads, 50 tokens.</summary>
internal sealed class SyntheticModel : IDisposable
{
    private const int Layers = 2;
    private const int Heads = 4;
    private const int Vocabulary = 50;

    private readonly TemporaryFolder _folder = new();
    private readonly StringBuilder _header = new();
    private readonly List<float> _data = [];
    private readonly float _scale;

    private SyntheticModel(float scale) => _scale = scale;

    public LanguageModel Model { get; private set; } = null!;

    /// <summary>A RetNet in fla's dialect with shared key and value heads. At a norm's ε of 0 all forms of retention agree.</summary>
    public static SyntheticModel Fla(
        double epsilon = 1e-6, int threads = 1, int width = 32, int feedForward = 43, WeightFormat format = WeightFormat.Float32)
    {
        SyntheticModel synthetic = new(scale: 1);
        synthetic.Add("model.embeddings.weight", Vocabulary, width);
        for (int layer = 0; layer < Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            synthetic.AddNorm(prefix + "attn_norm.weight", width);
            synthetic.Add(prefix + "attn.q_proj.weight", width, width);
            synthetic.Add(prefix + "attn.k_proj.weight", width / 2, width);
            synthetic.Add(prefix + "attn.v_proj.weight", width, width);
            synthetic.Add(prefix + "attn.g_proj.weight", 2 * width, width);
            synthetic.Add(prefix + "attn.o_proj.weight", width, 2 * width);
            synthetic.AddNorm(prefix + "attn.g_norm_swish_gate.weight", 2 * width / Heads);
            synthetic.AddNorm(prefix + "mlp_norm.weight", width);
            synthetic.Add(prefix + "mlp.gate_proj.weight", feedForward, width);
            synthetic.Add(prefix + "mlp.up_proj.weight", feedForward, width);
            synthetic.Add(prefix + "mlp.down_proj.weight", width, feedForward);
        }

        synthetic.AddNorm("model.norm.weight", width);
        synthetic.Add("lm_head.weight", Vocabulary, width);
        return synthetic.Load(threads, format, $$"""
            {"model_type":"retnet","hidden_size":{{width}},"num_heads":{{Heads}},"num_kv_heads":{{Heads / 2}},
            "num_hidden_layers":{{Layers}},
             "intermediate_size":{{feedForward}},"vocab_size":{{Vocabulary}},"norm_eps":{{Number(epsilon)}},"eos_token_id":2}
            """);
    }

    /// <summary>A RetNet in torchscale's dialect. With small weights the forms' different scalings show.</summary>
    public static SyntheticModel TorchScale(double epsilon = 1e-6, int chunk = 64, float scale = 1)
    {
        SyntheticModel synthetic = new(scale);
        const int width = 32, feedForward = 40;
        synthetic.Add("embed_tokens.weight", Vocabulary, width);
        for (int layer = 0; layer < Layers; layer++)
        {
            string prefix = $"layers.{layer}.";
            synthetic.AddNorm(prefix + "retention_layer_norm.weight", width);
            synthetic.Add(prefix + "retention.q_proj.weight", width, width);
            synthetic.Add(prefix + "retention.k_proj.weight", width, width);
            synthetic.Add(prefix + "retention.v_proj.weight", 2 * width, width);
            synthetic.Add(prefix + "retention.g_proj.weight", 2 * width, width);
            synthetic.Add(prefix + "retention.out_proj.weight", width, 2 * width);
            synthetic.AddNorm(prefix + "final_layer_norm.weight", width);
            synthetic.Add(prefix + "ffn.fc1.weight", feedForward, width);
            synthetic.Add(prefix + "ffn.gate.weight", feedForward, width);
            synthetic.Add(prefix + "ffn.fc2.weight", width, feedForward);
        }

        synthetic.AddNorm("layer_norm.weight", width);
        synthetic.Add("output_projection.weight", Vocabulary, width);
        return synthetic.Load(threads: 1, WeightFormat.Float32, $$"""
            {"decoder_embed_dim":{{width}},"decoder_value_embed_dim":{{2 * width}},"decoder_retention_heads":{{Heads}},
            "decoder_ffn_embed_dim":{{feedForward}},
             "decoder_layers":{{Layers}},"vocab_size":{{Vocabulary}},"layernorm_eps":{{Number(epsilon)}},"recurrent_chunk_size":{{chunk}}}
            """);
    }

    /// <summary>A Llama with dynamic scaling of its rotary embedding, whose context is 400 tokens.</summary>
    public static SyntheticModel Dynamic() => Llama(rotaryScaling: """{"rope_type":"dynamic","factor":4}""");

    /// <summary>A Llama with LongRoPE, whose switch is at 100 tokens.</summary>
    public static SyntheticModel LongRope() => Llama(rotaryScaling: """
        {"rope_type":"longrope","original_max_position_embeddings":100,"short_factor":[1,1,1,1],"long_factor":[1.5,2,3,4]}
        """);

    /// <summary>A Transformer with grouped queries and a context of 400 tokens: Llama, or Mistral where there is a sliding
    /// window.</summary>
    public static SyntheticModel Llama(int threads = 1, int? slidingWindow = null, int width = 32, int feedForward = 43, float scale = 1,
        WeightFormat format = WeightFormat.Float32, string? rotaryScaling = null, int vocabulary = Vocabulary)
    {
        SyntheticModel synthetic = new(scale);
        synthetic.Add("model.embed_tokens.weight", vocabulary, width);
        for (int layer = 0; layer < Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            synthetic.AddNorm(prefix + "input_layernorm.weight", width);
            synthetic.Add(prefix + "self_attn.q_proj.weight", width, width);
            synthetic.Add(prefix + "self_attn.k_proj.weight", width / 2, width);
            synthetic.Add(prefix + "self_attn.v_proj.weight", width / 2, width);
            synthetic.Add(prefix + "self_attn.o_proj.weight", width, width);
            synthetic.AddNorm(prefix + "post_attention_layernorm.weight", width);
            synthetic.Add(prefix + "mlp.gate_proj.weight", feedForward, width);
            synthetic.Add(prefix + "mlp.up_proj.weight", feedForward, width);
            synthetic.Add(prefix + "mlp.down_proj.weight", width, feedForward);
        }

        synthetic.AddNorm("model.norm.weight", width);
        synthetic.Add("lm_head.weight", vocabulary, width);
        string window = slidingWindow is { } rows ? $"\"sliding_window\":{rows}," : "";
        string scaling = rotaryScaling is null ? "" : $"\"rope_scaling\":{rotaryScaling},";
        return synthetic.Load(threads, format, $$"""
            {"model_type":"{{(slidingWindow is null ? "llama" : "mistral")}}","hidden_size":{{width}},"num_attention_heads":{{Heads}},
            {{window}}{{scaling}}
             "num_key_value_heads":{{Heads / 2}},"num_hidden_layers":{{Layers}},"intermediate_size":{{feedForward}},
             "vocab_size":{{vocabulary}},
             "max_position_embeddings":400,"eos_token_id":2}
            """);
    }

    public static int[] Tokens(int count, int seed = 1)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(Vocabulary))];
    }

    /// <summary>Feeds tokens that continue a state; by default gives the logits after every one, <c>[tokens × vocabulary]</c>.</summary>
    public static float[] Feed(SequenceState state, ReadOnlySpan<int> tokens, ForwardOutput output = ForwardOutput.AllLogits)
    {
        ModelInfo info = state.Model.Info;
        float[] result = new float[output switch
        {
            ForwardOutput.LastLogits => info.VocabularySize,
            ForwardOutput.AllLogits => tokens.Length * info.VocabularySize,
            _ => tokens.Length * info.Width,
        }];
        Feed(state, tokens, output, result);
        return result;
    }

    /// <summary>As above, into memory of the caller's.</summary>
    public static void Feed(SequenceState state, ReadOnlySpan<int> tokens, ForwardOutput output, Span<float> result)
    {
        SequenceInput input = new(state, tokens.Length);
        state.Model.Forward(new ForwardBatch(new ReadOnlySpan<SequenceInput>(in input), tokens, output), result);
    }

    /// <summary>Feeds tokens in pieces of the given lengths, and what is left as the last piece.</summary>
    public static float[] FeedPieces(SequenceState state, int[] tokens, IEnumerable<int> pieces)
    {
        List<float> logits = [];
        int done = 0;
        foreach (int piece in pieces.Append(tokens.Length))
        {
            int count = Math.Min(piece, tokens.Length - done);
            if (count > 0)
                logits.AddRange(Feed(state, tokens.AsSpan(done, count)));
            done += count;
        }

        return [.. logits];
    }

    public static byte[] Save(SequenceState state)
    {
        using MemoryStream stream = new();
        state.Save(stream);
        return stream.ToArray();
    }

    public static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"[{i}]: expected {expected[i]:G9}, found {actual[i]:G9}");
    }

    public void Dispose()
    {
        Model?.Dispose();
        _folder.Dispose();
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private SyntheticModel Load(int threads, WeightFormat format, string configuration)
    {
        _folder.Write("config.json", configuration);
        byte[] data = MemoryMarshal.AsBytes<float>(_data.ToArray()).ToArray();
        _folder.Write("model.safetensors", SafetensorsBytes.File($"{{{_header.ToString().TrimEnd(',')}}}", data));
        Model = LanguageModel.Load(_folder.Root, new ModelLoadOptions { Threads = threads, WeightFormat = format });
        return this;
    }

    private void Add(string name, int rows, int columns) =>
        Add(name, $"{rows},{columns}", RandomValues.Floats((long)rows * columns, seed: _data.Count, _scale * MathF.Sqrt(3f / columns)));

    // Between 0.8 and 1.2.
    private void AddNorm(string name, int length) =>
        Add(name, $"{length}", [.. RandomValues.Floats(length, seed: _data.Count, 0.2f).Select(value => 1 + value)]);

    private void Add(string name, string shape, float[] values)
    {
        int begin = _data.Count * sizeof(float);
        _data.AddRange(values);
        _header.Append(CultureInfo.InvariantCulture,
            $"\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{shape}],\"data_offsets\":[{begin},{_data.Count * sizeof(float)}]}},");
    }
}

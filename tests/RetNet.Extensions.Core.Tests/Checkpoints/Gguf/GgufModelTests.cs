using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Tests.Checkpoints.Gguf;

/// <summary>The embedded Llama as a GGUF file is the same model as its folder.</summary>
public class GgufModelTests
{
    private const int HeadWidth = 32;
    private const int BlockLength = 32;
    internal static readonly string Folder = Path.Combine(RepositoryFiles.Models, "llama-tinystories");

    private static readonly (string Model, string File)[] Names =
    [
        ("model.layers.", "blk."), ("model.embed_tokens", "token_embd"), ("model.norm", "output_norm"), ("input_layernorm", "attn_norm"),
        ("post_attention_layernorm", "ffn_norm"), ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"), ("self_attn.o_proj", "attn_output"), ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ];

    [Theory]
    [InlineData(GgufBytes.F32, WeightFormat.Float32)]
    [InlineData(GgufBytes.BF16, WeightFormat.Auto)]
    public void File_gives_the_logits_of_the_folder(uint type, WeightFormat format)
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("model.gguf", Convert(type).ToArray());

        Assert.Equal(Logits(Folder, format), Logits(file, format));
    }

    [Theory]
    [InlineData(GgufBytes.F16, WeightFormat.Auto, 0.001)]
    [InlineData(GgufBytes.Q8_0, WeightFormat.Float32, 0.02)]
    [InlineData(GgufBytes.Q4_0, WeightFormat.Float32, 0.3)]
    public void Narrower_types_stay_within_their_rounding(uint type, WeightFormat format, double tolerance)
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("model.gguf", Convert(type).ToArray());
        float[] expected = Logits(Folder, WeightFormat.Float32);

        float[] found = Logits(file, format);

        double error = Math.Sqrt(expected.Zip(found, (a, b) => Math.Pow(a - b, 2)).Sum() / expected.Sum(value => (double)value * value));
        Assert.InRange(error, 1e-9, tolerance);
    }

    [Fact]
    public void Format_of_most_weights_is_named()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("model.gguf", Convert(GgufBytes.Q8_0, GgufBytes.BF16).ToArray());

        using LanguageModel model = LanguageModel.Load(file, new ModelLoadOptions { Threads = 1 });

        Assert.Equal(WeightFormat.Int8, model.Info.WeightFormat);
    }

    [Fact]
    public void Rows_are_read_in_the_models_order()
    {
        using TemporaryFolder folder = new();
        using Checkpoint checkpoint = Checkpoint.Open(folder.Write("model.gguf", Convert(GgufBytes.BF16).ToArray()));
        using Checkpoint original = Checkpoint.Open(Folder);
        TensorView tensor = checkpoint.Tensors["model.layers.3.self_attn.q_proj.weight"];
        float[] expected = new float[tensor.ElementCount];
        original.Tensors[tensor.Name].CopyTo(expected);
        float[] values = new float[tensor.ElementCount];
        tensor.CopyTo(values);
        Assert.Equal(expected, values);

        // From the middle of one head to the middle of the next.
        int columns = (int)tensor.Shape[1], first = (int)tensor.Shape[0] / 4 - 3;
        float[] rows = new float[6 * columns];
        tensor.Rows(first, 6).CopyTo(rows);
        Assert.Equal(expected[(first * columns)..((first * columns) + rows.Length)], rows);
    }

    [Fact]
    public void File_generates_the_text_of_the_folder()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("story.gguf", Convert(GgufBytes.BF16, Tokenizer()).ToArray());
        using TextModel original = TextModel.Load(Folder);
        using TextModel model = TextModel.Load(file);
        GenerationRequest request = new(model.Tokenizer.Encode("Once upon a time"), model.DefaultOptions with { MaxTokens = 24 });

        Assert.Equal("story", model.Name);
        Assert.Equal([0, 4], model.DefaultOptions.StopTokens!.Order());
        Assert.Equal(original.CreateGenerator().Generate(request).Text, model.CreateGenerator().Generate(request).Text);
        Assert.NotNull(model.ChatTemplate);
    }

    private static float[] Logits(string path, WeightFormat format)
    {
        using LanguageModel model = LanguageModel.Load(path, new ModelLoadOptions { WeightFormat = format, Threads = 1 });
        using SequenceState state = model.CreateState(new StateOptions());
        int[] tokens = [0, 300, 1200, 77, 2500, 911, 4000, 42];
        float[] logits = new float[tokens.Length * model.Info.VocabularySize];
        model.Forward(new ForwardBatch([new SequenceInput(state, tokens.Length)], tokens, ForwardOutput.AllLogits), logits);
        return logits;
    }

    internal static GgufBytes Convert(uint type, params (string Key, object Value)[] more) => Convert(type, type, more);

    private static GgufBytes Convert(uint type, uint embeddingType, params (string Key, object Value)[] more)
    {
        GgufBytes file = new GgufBytes().With("general.architecture", "llama").With("llama.block_count", 8)
            .With("llama.embedding_length", 192)
            .With("llama.feed_forward_length", 512).With("llama.attention.head_count", 6).With("llama.attention.head_count_kv", 3)
            .With("llama.attention.layer_norm_rms_epsilon", 1e-6f).With("llama.context_length", 2048).With("llama.rope.freq_base", 10000f);
        foreach ((string key, object value) in more)
            file.With(key, value);
        using Checkpoint checkpoint = Checkpoint.Open(Folder);
        foreach (TensorView tensor in checkpoint.Tensors.Values)
        {
            float[] values = new float[tensor.ElementCount];
            tensor.CopyTo(values);
            if (tensor.Name.Contains("q_proj", StringComparison.Ordinal) || tensor.Name.Contains("k_proj", StringComparison.Ordinal))
                values = GgufBytes.PairNeighbours(values, (int)tensor.Shape[0], HeadWidth);
            string name = Names.Aggregate(tensor.Name, (current, pair) => current.Replace(pair.Model, pair.File, StringComparison.Ordinal));
            uint own = tensor.Shape.Length < 2
                ? GgufBytes.F32
                : name.StartsWith("token_embd", StringComparison.Ordinal) ? embeddingType : type;
            file.WithTensor(name, own, tensor.Shape.ToArray(), Encode(values, own));
        }

        return file;
    }

    private static byte[] Encode(float[] values, uint type)
    {
        switch (type)
        {
            case GgufBytes.F32:
                return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
            case GgufBytes.F16:
                return MemoryMarshal.AsBytes(Array.ConvertAll(values, value => (Half)value).AsSpan()).ToArray();
            case GgufBytes.BF16:
                return MemoryMarshal.AsBytes(Array.ConvertAll(
                    values, value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).AsSpan()).ToArray();
            default:
                int bytes = BlockFormat.Bytes(type == GgufBytes.Q8_0 ? TensorType.Q8_0 : TensorType.Q4_0);
                byte[] blocks = new byte[values.Length / BlockLength * bytes];
                for (int i = 0; i < values.Length / BlockLength; i++)
                    Quantize(values.AsSpan(i * BlockLength, BlockLength), blocks.AsSpan(i * bytes, bytes), type == GgufBytes.Q8_0);
                return blocks;
        }
    }

    private static void Quantize(ReadOnlySpan<float> values, Span<byte> block, bool toQ8)
    {
        float largest = TensorPrimitives.MaxMagnitude(values);
        Half scale = (Half)(toQ8 ? MathF.Abs(largest) / 127 : largest / -8);
        BitConverter.TryWriteBytes(block, scale);
        for (int i = 0; i < BlockLength; i++)
        {
            int q = scale == Half.Zero ? 0 : (int)MathF.Round(values[i] / (float)scale);
            if (toQ8)
                block[2 + i] = (byte)(sbyte)q;
            else
                block[2 + (i % 16)] |= (byte)(Math.Clamp(q + 8, 0, 15) << (i / 16 * 4));
        }
    }

    private static (string Key, object Value)[] Tokenizer()
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "tokenizer.json")));
        Tokenizer tokenizer = Core.Tokenizers.Tokenizer.Load(Folder);
        string[] tokens = [.. Enumerable.Range(0, tokenizer.VocabularySize).Select(tokenizer.TokenText)];
        string[] merges =
            [.. json.RootElement.GetProperty("model").GetProperty("merges").EnumerateArray().Select(merge => $"{merge[0].GetString()} "
                + $"{merge[1].GetString()}")];
        return
        [
            ("tokenizer.ggml.model", "gpt2"), ("tokenizer.ggml.pre", "gpt-2"), ("tokenizer.ggml.tokens", tokens),
            ("tokenizer.ggml.merges", merges),
            ("tokenizer.ggml.token_type", tokens.Select((_, id) => tokenizer.IsSpecial(id) ? 3 : 1).ToArray()),
            ("tokenizer.ggml.bos_token_id", 0), ("tokenizer.ggml.eos_token_id", 0), ("tokenizer.ggml.eot_token_id", 4),
            ("tokenizer.chat_template", "{{ messages[0].content }}"),
        ];
    }
}

using System.Text;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Tests.Training;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Tests.Models.Experts;

/// <summary>Models with experts: what a token gets depends on nothing but its own sequence.</summary>
public sealed class ExpertModelTests
{
    private static readonly int[][] Sequences = [[3, 1, 4, 1, 5], [9], [2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8], [4, 6]];

    [Theory]
    [InlineData("mixtral", WeightFormat.Float32)]
    [InlineData("qwen3_moe", WeightFormat.BFloat16)]
    [InlineData("mixtral", WeightFormat.Int8)]
    [InlineData("gpt_oss", WeightFormat.Int4)]
    [InlineData("qwen2_moe", WeightFormat.BFloat16)]
    [InlineData("glm4_moe", WeightFormat.Int8)]
    public void A_sequence_gets_the_same_bits_alone_in_a_batch_and_on_any_number_of_threads(string name, WeightFormat format)
    {
        using TrainableModel weights = SmallModels.CreateTrained(name);
        using LanguageModel one = Load(weights, format, threads: 1), three = Load(weights, format, threads: 3);
        float[][] alone = [.. Sequences.Select(sequence => Logits(one, [sequence]))];

        Assert.Equal(alone.SelectMany(logits => logits), Logits(one, Sequences));
        Assert.Equal(alone.SelectMany(logits => logits), Logits(three, Sequences));
    }

    [Theory]
    [InlineData("mixtral", WeightFormat.Int4)]
    [InlineData("qwen3_moe", WeightFormat.Float32)]
    [InlineData("granitemoeshared", WeightFormat.Float32)]
    [InlineData("ernie4_5_moe", WeightFormat.Float32)]
    public void A_token_gets_the_same_bits_alone_and_in_a_prompt(string name, WeightFormat format)
    {
        using TrainableModel weights = SmallModels.CreateTrained(name);
        using LanguageModel model = Load(weights, format, threads: 2);

        Assert.Equal(Logits(model, [Sequences[2]]), OneByOne(model, Sequences[2]));
    }

    [Theory]
    [InlineData("mixtral")]
    [InlineData("qwen2_moe")]
    [InlineData("glm4_moe")]
    public void A_decoded_token_allocates_nothing(string name)
    {
        using TrainableModel weights = SmallModels.CreateTrained(name);
        using LanguageModel model = Load(weights, WeightFormat.Int8, threads: 1);
        using SequenceState state = model.CreateState(new StateOptions { Policy = new Window(8) });
        float[] logits = new float[model.Info.VocabularySize];
        int[] token = [5];
        for (int i = 0; i < 40; i++)
            model.Forward(state, token, logits);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
            model.Forward(state, token, logits);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Only_the_weights_of_the_experts_that_a_token_passes_count_as_read_for_it()
    {
        using TrainableModel weights = SmallModels.CreateTrained("mixtral");
        using LanguageModel model = Load(weights, WeightFormat.Float32, threads: 1);
        long experts = weights.Parameters.Where(parameter => parameter.Name.Contains(".experts.", StringComparison.Ordinal))
            .Sum(parameter => parameter.Length);

        // Two of four, and of the embedding one row. Panels of 64 rows have more bytes than the numbers.
        Assert.InRange(model.Info.WeightBytes - model.Info.WeightBytesPerToken, experts / 2 * sizeof(float), model.Info.WeightBytes / 2);
    }

    [Theory]
    [InlineData("mixtral", "block_sparse_moe.experts.3.w2.weight [16 × 20]")]
    [InlineData("qwen3_moe", "mlp.experts.4.up_proj.weight [10 × 16]")]
    [InlineData("granitemoe", "block_sparse_moe.input_linear.weight [3 × 40 × 16]", "block_sparse_moe.output_linear.weight [3 × 16 × 20]")]
    [InlineData("qwen2_moe", "mlp.shared_expert.gate_proj.weight [26 × 16]", "mlp.shared_expert.down_proj.weight [16 × 26]",
        "mlp.shared_expert_gate.weight [1 × 16]")]
    [InlineData("granitemoeshared", "shared_mlp.input_linear.weight [24 × 16]", "shared_mlp.output_linear.weight [16 × 12]",
        "block_sparse_moe.input_linear.weight [3 × 40 × 16]")]
    [InlineData("ernie4_5_moe", "mlp.gate.weight [5 × 16]", "mlp.moe_statics.e_score_correction_bias [1 × 5]",
        "mlp.shared_experts.gate_proj.weight [20 × 16]")]
    [InlineData("glm4_moe", "mlp.gate.weight [6 × 16]", "mlp.gate.e_score_correction_bias [6]",
        "mlp.shared_experts.down_proj.weight [16 × 10]")]
    [InlineData("gpt_oss", "mlp.experts.gate_up_proj [4 × 16 × 40]", "mlp.experts.gate_up_proj_bias [4 × 40]",
        "mlp.experts.down_proj [4 × 20 × 16]", "mlp.experts.down_proj_bias [4 × 16]")]
    public void A_trained_model_is_written_with_the_tensors_that_transformers_has(string name, params string[] expected)
    {
        using TrainableModel model = SmallModels.CreateTrained(name);
        string[] tensors = [.. model.Tensors.Select(tensor => $"{tensor.Name} [{string.Join(" × ", tensor.Shape.ToArray())}]")];

        Assert.All(expected, tensor => Assert.Contains($"model.layers.1.{tensor}", tensors));
        Assert.Equal(
            model.ParameterCount + model.Buffers.Sum(buffer => buffer.Length), model.Tensors.Sum(tensor => tensor.Length));
    }

    [Fact]
    public void A_model_without_the_bias_of_its_choice_is_refused()
    {
        using TrainableModel model = SmallModels.CreateTrained("glm4_moe");
        using MemoryStream stream = new();
        SafetensorsWriter.Write(stream, model.Tensors.Where(tensor => !tensor.Name.Contains("correction", StringComparison.Ordinal)));
        byte[] configuration = Encoding.UTF8.GetBytes(model.ConfigurationJson());
        Checkpoint Open() => Checkpoint.FromMemory("memory", configuration, new MemoryStream(stream.ToArray()));

        foreach (Func<IDisposable> load in (Func<IDisposable>[])[() => LanguageModel.Load(Open()), () => TrainableModel.Load(Open())])
        {
            string message = Assert.Throws<CheckpointException>(load).Message;
            Assert.Contains("model.layers.1.mlp.gate.e_score_correction_bias", message, StringComparison.Ordinal);
        }
    }

    private static LanguageModel Load(TrainableModel model, WeightFormat format, int threads)
    {
        using MemoryStream stream = new();
        SafetensorsWriter.Write(stream, model.Tensors);
        stream.Position = 0;
        return LanguageModel.Load(Checkpoint.FromMemory("memory", Encoding.UTF8.GetBytes(model.ConfigurationJson()), stream),
            new ModelLoadOptions { WeightFormat = format, Threads = threads });
    }

    private static float[] Logits(LanguageModel model, int[][] sequences)
    {
        SequenceState[] states = [.. sequences.Select(_ => model.CreateState(new StateOptions()))];
        int[] tokens = [.. sequences.SelectMany(sequence => sequence)];
        float[] logits = new float[tokens.Length * model.Info.VocabularySize];
        SequenceInput[] inputs = [.. sequences.Zip(states, (sequence, state) => new SequenceInput(state, sequence.Length))];
        model.Forward(new ForwardBatch(inputs, tokens, ForwardOutput.AllLogits), logits);
        Array.ForEach(states, state => state.Dispose());
        return logits;
    }

    private static float[] OneByOne(LanguageModel model, int[] sequence)
    {
        using SequenceState state = model.CreateState(new StateOptions());
        float[] logits = new float[model.Info.VocabularySize];
        return [.. sequence.SelectMany(token =>
        {
            model.Forward(state, [token], logits);
            return logits.ToArray();
        })];
    }
}

using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Tests.Generation;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Optimizer;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Tests.Training;

public sealed class TrainableModelTests
{
    [Theory]
    [MemberData(nameof(SmallModels.Names), MemberType = typeof(SmallModels))]
    public void Hidden_states_equal_those_of_the_model_that_decodes(string name)
    {
        using TrainableModel trained = SmallModels.CreateTrained(name);
        using LanguageModel decoder = SmallModels.Reload(trained);
        (int[] tokens, int[] lengths, _) = SmallModels.Batch();
        float[] expected = new float[tokens.Length * trained.Width];
        using SequenceState first = decoder.CreateState(), second = decoder.CreateState();
        decoder.Forward(new ForwardBatch([new(first, lengths[0]), new(second, lengths[1])], tokens, ForwardOutput.AllHidden), expected);

        ReadOnlySpan<float> actual = trained.Forward(new TrainingBatch(tokens, lengths));

        SyntheticModel.AssertClose(expected, actual, 1e-5f);
    }

    [Theory]
    [MemberData(nameof(SmallModels.Names), MemberType = typeof(SmallModels))]
    public void A_written_model_is_read_back_with_the_same_weights_and_configuration(string name)
    {
        using TrainableModel model = SmallModels.CreateTrained(name);
        using MemoryStream weights = new();
        SafetensorsWriter.Write(weights, model.Tensors);
        weights.Position = 0;
        using Checkpoint checkpoint = Checkpoint.FromMemory(name, System.Text.Encoding.UTF8.GetBytes(model.ConfigurationJson()), weights);
        using TrainableModel copy = TrainableModel.Load(checkpoint, threads: 1);

        Assert.Equal(model.ConfigurationJson(), copy.ConfigurationJson());
        Assert.Equal(model.Parameters.Select(parameter => parameter.Name), copy.Parameters.Select(parameter => parameter.Name));
        for (int i = 0; i < model.Parameters.Count; i++)
            Assert.Equal(model.Parameters[i].Values, copy.Parameters[i].Values);
    }

    [Theory]
    [MemberData(nameof(SmallModels.RetNets), MemberType = typeof(SmallModels))]
    public void A_text_in_pieces_with_its_state_gives_what_the_whole_text_gives(string name)
    {
        using TrainableModel model = SmallModels.CreateTrained(name);
        (int[] tokens, _, _) = SmallModels.Batch();
        float[] whole = model.Forward(new TrainingBatch(tokens, [9, 9])).ToArray();
        using TrainingState state = model.CreateState(2);
        int[] before = [.. tokens[..4], .. tokens[9..12]];
        int[] after = [.. tokens[4..9], .. tokens[12..]];
        float[] first = model.Forward(new TrainingBatch(before, [4, 3]) { State = state, ChunkLength = 2 }).ToArray();
        float[] second = model.Forward(new TrainingBatch(after, [5, 6]) { State = state, ChunkLength = 3 }).ToArray();

        int d = model.Width;
        SyntheticModel.AssertClose([.. whole[..(4 * d)], .. whole[(9 * d)..(12 * d)]], first, 2e-5f);
        SyntheticModel.AssertClose([.. whole[(4 * d)..(9 * d)], .. whole[(12 * d)..]], second, 2e-5f);
        Assert.Equal(9, state.Position(0));
    }

    [Fact]
    public void A_saved_state_goes_on_as_the_state_itself()
    {
        using TrainableModel model = SmallModels.CreateTrained("fla");
        using TrainingState state = model.CreateState(1), restored = model.CreateState(1), fresh = model.CreateState(1);
        model.Forward(new TrainingBatch([1, 2, 3], [3]) { State = state });
        using MemoryStream stream = new();
        state.Save(stream);
        stream.Position = 0;
        restored.Restore(stream);
        float[] expected = model.Forward(new TrainingBatch([4, 5], [2]) { State = state }).ToArray();

        Assert.Equal(expected, model.Forward(new TrainingBatch([4, 5], [2]) { State = restored }).ToArray());
        Assert.Throws<InvalidDataException>(() => fresh.Restore(new MemoryStream(stream.ToArray()[..^1])));

        restored.Reset(0);
        using TrainingState empty = model.CreateState(1);
        Assert.Equal(
            model.Forward(new TrainingBatch([4, 5], [2]) { State = empty })
                .ToArray(), model.Forward(new TrainingBatch([4, 5], [2]) { State = restored }).ToArray());
    }

    [Theory]
    [InlineData("fla-tied-mqa")]
    [InlineData("torchscale-gelu")]
    [InlineData("qwen3")]
    [InlineData("qwen2")]
    public void Losses_and_gradients_do_not_depend_on_the_number_of_threads(string name)
    {
        using TrainableModel one = SmallModels.CreateTrained(name, threads: 1), three = SmallModels.CreateTrained(name, threads: 3);
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch(150, 90);
        double expected = one.Step(new TrainingBatch(tokens, lengths) { Dropout = 0.1f, DropoutSeed = 5 }, targets);
        double actual = three.Step(new TrainingBatch(tokens, lengths) { Dropout = 0.1f, DropoutSeed = 5 }, targets);

        Assert.Equal(expected, actual);
        for (int i = 0; i < one.Parameters.Count; i++)
            Assert.Equal(one.Parameters[i].Gradient, three.Parameters[i].Gradient);
    }

    [Theory]
    [InlineData("fla")]
    [InlineData("llama-bias")]
    public void Weighted_steps_add_up_to_the_gradient_of_one_batch(string name)
    {
        using TrainableModel together = SmallModels.CreateTrained(name), apart = SmallModels.CreateTrained(name);
        (int[] tokens, _, int[] targets) = SmallModels.Batch(9, 9);
        targets[2] = 0;
        double whole = together.Step(new TrainingBatch(tokens, [9, 9]), targets);
        double first = apart.Step(new TrainingBatch(tokens.AsSpan(0, 9), [9]), targets.AsSpan(0, 9), 0.5f);
        double second = apart.Step(new TrainingBatch(tokens.AsSpan(9), [9]), targets.AsSpan(9), 0.5f);

        Assert.Equal(whole, (first + second) / 2, 1e-5);
        for (int i = 0; i < together.Parameters.Count; i++)
            SyntheticModel.AssertClose(together.Parameters[i].Gradient, apart.Parameters[i].Gradient, 2e-5f);
    }

    [Fact]
    public void Dropout_drops_its_share_and_keeps_the_mean()
    {
        using TrainableModel model = SmallModels.Create("fla");
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch(200, 300);
        double without = model.Loss(new TrainingBatch(tokens, lengths), targets);
        double first = model.Loss(new TrainingBatch(tokens, lengths) { Dropout = 0.2f, DropoutSeed = 1 }, targets);
        double again = model.Loss(new TrainingBatch(tokens, lengths) { Dropout = 0.2f, DropoutSeed = 1 }, targets);
        double other = model.Loss(new TrainingBatch(tokens, lengths) { Dropout = 0.2f, DropoutSeed = 2 }, targets);

        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        Assert.NotEqual(first, without);
        Assert.Equal(without, first, 0.3);
    }

    [Fact]
    public void A_seed_gives_the_same_weights_and_another_seed_others()
    {
        using TrainableModel a = SmallModels.Create("fla", seed: 4), b = SmallModels.Create("fla", seed: 4);
        Assert.Equal(a.Parameters[0].Values, b.Parameters[0].Values);
        foreach (int seed in (int[])[5, -4, int.MinValue, int.MaxValue])
        {
            using TrainableModel other = SmallModels.Create("fla", seed);
            Assert.NotEqual(a.Parameters[0].Values.ToArray(), other.Parameters[0].Values.ToArray());
        }
    }

    [Fact]
    public void New_weights_follow_the_paper()
    {
        using TrainableModel model = SmallModels.Create("fla");
        foreach (Parameter parameter in model.Parameters.Where(parameter => parameter.Name.Contains("norm", StringComparison.Ordinal)))
            Assert.All(parameter.Values.ToArray(), value => Assert.Equal(1, value));
        Parameter query = model.Parameters.First(parameter => parameter.Name.EndsWith("q_proj.weight", StringComparison.Ordinal));
        double bound = Math.Pow(2, -2.5) * Math.Sqrt(6.0 / 32);
        Assert.All(query.Values.ToArray(), value => Assert.InRange(value, -bound, bound));
        Assert.True(query.Values.ToArray().Max() > 0.9 * bound);
    }

    [Fact]
    public void Cancellation_is_observed_and_leaves_the_weights()
    {
        using TrainableModel model = SmallModels.Create("fla");
        float[] before = model.Parameters[0].Values.ToArray();
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch();
        Assert.Throws<OperationCanceledException>(
            () => model.Step(new TrainingBatch(tokens, lengths) { CancellationToken = new CancellationToken(true) }, targets));
        Assert.Equal(before, model.Parameters[0].Values);
    }

    [Fact]
    public void Wrong_batches_are_refused_with_what_was_found()
    {
        using TrainableModel model = SmallModels.Create("fla"), transformer = SmallModels.Create("llama");
        using TrainingState state = model.CreateState(1);

        Assert.Contains("no sequence", Refusal(() => model.Forward(new TrainingBatch([], []))), StringComparison.Ordinal);
        Assert.Contains("0 tokens", Refusal(() => model.Forward(new TrainingBatch([1], [1, 0]))), StringComparison.Ordinal);
        Assert.Contains("add up to 2 tokens", Refusal(() => model.Forward(new TrainingBatch([1], [2]))), StringComparison.Ordinal);
        Assert.Contains("Token 23", Refusal(() => model.Forward(new TrainingBatch([23], [1]))), StringComparison.Ordinal);
        Assert.Contains("Dropout is 1", Refusal(() => model.Forward(new TrainingBatch([1], [1]) { Dropout = 1 })),
            StringComparison.Ordinal);
        Assert.Contains("ChunkLength", Refusal(() => model.Forward(new TrainingBatch([1], [1]) { ChunkLength = -1 })),
            StringComparison.Ordinal);
        Assert.Contains("Precision is BFloat16",
            Refusal(() => model.Forward(new TrainingBatch([1], [1]) { Precision = TrainingPrecision.BFloat16 })), StringComparison.Ordinal);
        Assert.Contains("2 targets", Refusal(() => model.Step(new TrainingBatch([1], [1]), [1, 2])), StringComparison.Ordinal);
        Assert.Contains("Target -2", Refusal(() => model.Step(new TrainingBatch([1], [1]), [-2])), StringComparison.Ordinal);
        Assert.Contains("another model", Refusal(() => transformer.Forward(new TrainingBatch([1], [1]) { State = state })),
            StringComparison.Ordinal);
        Assert.Contains("1 sequences", Refusal(() => model.Forward(new TrainingBatch([1, 1], [1, 1]) { State = state })),
            StringComparison.Ordinal);
        Assert.Contains(
            "parallel", Refusal(() => model.Forward(new TrainingBatch([1], [1])
            {
                State = state,
                Form = RetentionForm.Parallel
            })), StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => transformer.CreateState(1));
        Assert.Throws<InvalidOperationException>(() => model.Backward([]));
        model.Forward(new TrainingBatch([1, 2], [2]));
        Assert.Contains("5 values", Refusal(() => model.Backward(new float[5])), StringComparison.Ordinal);
        model.Backward(new float[2 * model.Width]);
        Assert.Throws<InvalidOperationException>(() => model.Backward(new float[2 * model.Width]));
        Assert.Throws<OperationCanceledException>(() => model.Forward(new TrainingBatch([1],
            [1])
        { CancellationToken = new CancellationToken(true) }).Length);
        Assert.Throws<InvalidOperationException>(() => model.Backward(new float[model.Width]));
    }

    [Fact]
    public void Trainers_refuse_a_precision_that_the_CPU_has_not()
    {
        using TrainableModel model = SmallModels.Create("fla");
        using SequenceHead head = new(model.Width, 1, seed: 1);
        TrainingOptions options = new() { Precision = TrainingPrecision.BFloat16 };
        Assert.Contains("Precision is BFloat16; expected Float32",
            Refusal(() => new LanguageModelTrainer(model, options).Train(new int[] { 1, 2, 3 })), StringComparison.Ordinal);
        Assert.Contains(
            "Precision is BFloat16; expected Float32",
            Refusal(() => new SequenceTrainer(model, head, SequenceLoss.Logistic, options).Train([new LabelledSequence(new int[] { 1 }, 1)],
                [], [])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_cannot_be_moved_stays_on_the_CPU()
    {
        using TrainableModel model = SmallModels.Create("fla");
        Assert.Same(model, model.ToDevice(ComputeDevice.Cpu));
        Assert.Throws<DeviceException>(() => model.ToDevice(new ComputeDevice(DeviceKind.Cuda)));
        Assert.Equal(ComputeDevice.Cpu, model.Device);
        model.Forward(new TrainingBatch([1], [1]));
    }

    [Fact]
    public void Parameters_are_copied_to_the_host_and_back()
    {
        using TrainableModel model = SmallModels.Create("fla");
        Parameter parameter = model.Parameters[0];
        parameter.Gradient.Fill(2);
        float[] values = new float[parameter.Length], gradient = new float[parameter.Length];
        parameter.CopyGradientTo(gradient);
        parameter.SetValues(gradient);
        parameter.CopyValuesTo(values);
        Assert.All(values, value => Assert.Equal(2, value));
        Assert.Contains(parameter.Name, Refusal(() => parameter.SetValues(new float[1])), StringComparison.Ordinal);
        Assert.Contains(parameter.Name, Refusal(() => parameter.CopyValuesTo(new float[1])), StringComparison.Ordinal);
        Assert.Contains(parameter.Name, Refusal(() => parameter.CopyGradientTo(new float[1])), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_disposed_refuses_its_use_and_is_disposed_twice_without_harm()
    {
        TrainableModel model = SmallModels.Create("fla", threads: 2);
        Parameter parameter = model.Parameters[0];
        AdamW optimizer = new(model.Parameters, new TrainingOptions());
        TrainingState state = model.CreateState(1);
        model.Forward(new TrainingBatch([1], [1]));

        state.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Forward(new TrainingBatch([1], [1]) { State = state }).Length);
        optimizer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => optimizer.Step(1));
        Assert.Throws<ObjectDisposedException>(() => optimizer.Save(new MemoryStream()));
        model.Dispose();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => parameter.Values.Length);
        Assert.Throws<ObjectDisposedException>(() => model.Forward(new TrainingBatch([1], [1])).Length);
        Assert.Throws<ObjectDisposedException>(() => model.Backward(new float[model.Width]));
    }

    [Theory]
    [InlineData("""
        {"model_type":"llama","hidden_size":8192,"num_hidden_layers":900,"num_attention_heads":64,"intermediate_size":22016,
        "vocab_size":128000}
        """)]
    [InlineData("""
        {"model_type":"retnet","hidden_size":8192,"num_hidden_layers":900,"num_heads":64,"intermediate_size":22016,"vocab_size":128000}
        """)]
    public void A_configuration_without_its_tensors_reserves_no_memory(string configuration)
    {
        using MemoryStream weights = new();
        SafetensorsWriter.Write(weights, []);
        weights.Position = 0;
        using Checkpoint checkpoint = Checkpoint.FromMemory("hostile", System.Text.Encoding.UTF8.GetBytes(configuration), weights);

        Assert.Throws<CheckpointException>(() => TrainableModel.Load(checkpoint));
    }

    [Fact]
    public void A_tensor_that_spans_cannot_hold_is_refused_by_name()
    {
        RetNetConfiguration configuration = RetNetConfiguration.Parse(
            System.Text.Json.JsonDocument.Parse(
                """{"model_type":"retnet","hidden_size":256,"num_hidden_layers":1,"num_heads":1,"vocab_size":16777216}""").RootElement,
                "config.json");
        Assert.Contains("model.embeddings.weight",
            Assert.Throws<NotSupportedException>(() => TrainableModel.Create(configuration, 1)).Message, StringComparison.Ordinal);
    }

    private static string Refusal(Action action) => Assert.ThrowsAny<ArgumentException>(action).Message;
}

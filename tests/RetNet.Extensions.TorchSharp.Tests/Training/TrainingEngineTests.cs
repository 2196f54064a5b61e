using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tests.Training;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Optimizer;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.TorchSharp.Tests.Training;

/// <summary>Losses and gradients of libtorch against those of the managed engine, for every variant that is trained differently.</summary>
public sealed class TrainingEngineTests
{
    public static TheoryData<string, RetentionForm, int> Cases
    {
        get
        {
            TheoryData<string, RetentionForm, int> cases = [];
            foreach (string name in SmallModels.Configurations.Keys)
            {
                cases.Add(name, RetentionForm.Recurrent, 0);
                if (SmallModels.IsTransformer(name))
                    continue;
                cases.Add(name, RetentionForm.Recurrent, 3);
                cases.Add(name, RetentionForm.Parallel, 0);
                cases.Add(name, RetentionForm.Chunkwise, 4);
            }

            return cases;
        }
    }

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void Loss_and_every_gradient_are_those_of_the_managed_engine(string name, RetentionForm form, int chunk)
    {
        using TrainableModel managed = SmallModels.CreateTrained(name), torch = SmallModels.CreateTrained(name).ToDevice(Models.Torch);
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch();
        TrainingBatch batch = new(tokens, lengths) { Form = form, ChunkLength = chunk };

        Assert.Equal(managed.Step(batch, targets, 0.5f), torch.Step(batch, targets, 0.5f), 1e-5);
        ParameterExtensions.AssertSameGradients(managed, torch);
        Assert.Equal(GradientNorm.Compute(managed.Parameters), GradientNorm.Compute(torch.Parameters), 1e-5);
        Assert.Equal(managed.Loss(batch, targets), torch.Loss(batch, targets), 1e-5);

        // Equal lengths are not padded; gradients add up until they are cleared.
        TrainingBatch equal = new(tokens, [9, 9]) { Form = form, ChunkLength = chunk };
        managed.Step(equal, targets);
        torch.Step(equal, targets);
        ParameterExtensions.AssertSameGradients(managed, torch);
        torch.ClearGradients();
        Assert.Equal(0, GradientNorm.Compute(torch.Parameters));
    }

    [TorchTheory]
    [InlineData("fla", RetentionForm.Recurrent)]
    [InlineData("fla-tied-mqa", RetentionForm.Chunkwise)]
    [InlineData("torchscale", RetentionForm.Recurrent)]
    [InlineData("torchscale-gelu", RetentionForm.Chunkwise)]
    public void A_carried_state_is_that_of_the_managed_engine_and_goes_from_one_to_the_other(string name, RetentionForm form)
    {
        using TrainableModel managed = SmallModels.CreateTrained(name), torch = SmallModels.CreateTrained(name).ToDevice(Models.Torch);
        using TrainingState expected = managed.CreateState(2), actual = torch.CreateState(2);
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch();
        foreach (int[] parts in (int[][])[lengths, [9, 9], lengths])
        {
            managed.ClearGradients();
            torch.ClearGradients();
            double loss = managed.Step(new TrainingBatch(tokens, parts) { State = expected, Form = form, ChunkLength = 4 }, targets);
            Assert.Equal(loss, torch.Step(new TrainingBatch(tokens, parts) { State = actual, Form = form, ChunkLength = 4 }, targets),
                2e-5);
            ParameterExtensions.AssertSameGradients(managed, torch, 1e-4f);
            Assert.Equal(expected.Position(1), actual.Position(1));
        }

        using MemoryStream stream = new();
        actual.Save(stream);
        stream.Position = 0;
        expected.Restore(stream);
        actual.Reset(1);
        expected.Reset(1);
        Assert.Equal(
            managed.Loss(new TrainingBatch(tokens, lengths) { State = expected, Form = form }, targets),
            torch.Loss(new TrainingBatch(tokens, lengths) { State = actual, Form = form }, targets), 2e-5);
        Assert.Throws<InvalidDataException>(() => actual.Restore(new MemoryStream(stream.ToArray()[..^1])));
    }

    [TorchTheory]
    [InlineData("fla", SequenceLoss.CrossEntropy, 3)]
    [InlineData("torchscale", SequenceLoss.Logistic, 1)]
    [InlineData("qwen3", SequenceLoss.SquaredError, 1)]
    public void A_sequence_head_learns_the_same_over_both(string name, SequenceLoss loss, int outputs)
    {
        using TrainableModel managed = SmallModels.CreateTrained(name), torch = SmallModels.CreateTrained(name).ToDevice(Models.Torch);
        using SequenceHead first = new(managed.Width, outputs, seed: 2), second = new(managed.Width, outputs, seed: 2);
        (int[] tokens, int[] lengths, _) = SmallModels.Batch();
        float[] targets = loss == SequenceLoss.CrossEntropy ? [2, 0] : [1, 0];

        double expected = first.Step(managed, new TrainingBatch(tokens, lengths), targets, loss);
        Assert.Equal(expected, second.Step(torch, new TrainingBatch(tokens, lengths), targets, loss), 1e-5);
        ParameterExtensions.AssertSameGradients(managed, torch);
        Assert.Equal(expected, second.Loss(torch, new TrainingBatch(tokens, lengths), targets, loss), 1e-5);
        Assert.True(Models.Distance(first.Parameters[0].Gradient, second.Parameters[0].Gradient) < 1e-5);
        Assert.Equal(GradientNorm.Compute([.. managed.Parameters, .. first.Parameters]),
            GradientNorm.Compute([.. torch.Parameters, .. second.Parameters]), 1e-5);
    }

    [TorchFact]
    public void Means_of_sequences_are_computed_on_the_device_and_have_the_gradient_of_their_tokens()
    {
        using TrainableModel managed = SmallModels.CreateTrained("fla"), torch = SmallModels.CreateTrained("fla").ToDevice(Models.Torch);
        (int[] tokens, int[] lengths, _) = SmallModels.Batch();
        TrainingBatch batch = new(tokens, lengths) { Means = true };

        float[] expected = managed.Forward(batch).ToArray(), actual = torch.Forward(batch).ToArray();
        managed.Backward(expected);
        torch.Backward(expected);

        Assert.Equal(lengths.Length * managed.Width, actual.Length);
        Assert.True(Models.Distance(expected, actual) < 1e-5);
        ParameterExtensions.AssertSameGradients(managed, torch);
    }

    [TorchTheory]
    [InlineData("fla")]
    [InlineData("torchscale-gelu")]
    [InlineData("llama")]
    public void Dropout_leaves_out_the_values_that_the_managed_engine_leaves_out(string name)
    {
        using TrainableModel managed = SmallModels.CreateTrained(name), torch = SmallModels.CreateTrained(name).ToDevice(Models.Torch);
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch();
        TrainingBatch batch = new(tokens, lengths) { Dropout = 0.3f, DropoutSeed = ulong.MaxValue - 5 };

        Assert.Equal(managed.Step(batch, targets), torch.Step(batch, targets), 1e-5);
        ParameterExtensions.AssertSameGradients(managed, torch);
    }

    [TorchFact]
    public void AdamW_takes_the_same_steps_and_its_history_goes_from_one_engine_to_the_other()
    {
        using TrainableModel managed = SmallModels.CreateTrained("fla"), torch = SmallModels.CreateTrained("fla").ToDevice(Models.Torch);
        using SequenceHead first = new(managed.Width, 2, seed: 2), second = new(managed.Width, 2, seed: 2);
        TrainingOptions options = new() { WeightDecay = 0.3 };
        using AdamW expected = new([.. managed.Parameters, .. first.Parameters],
            options), actual = new([.. torch.Parameters, .. second.Parameters], options);
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch();
        managed.Step(new TrainingBatch(tokens, lengths), targets);
        torch.Step(new TrainingBatch(tokens, lengths), targets);
        expected.Step(1e-2, 0.5);
        actual.Step(1e-2, 0.5);
        using MemoryStream stream = new();
        actual.Save(stream);
        stream.Position = 0;
        expected.Restore(stream);
        stream.Position = 0;
        actual.Restore(stream);
        expected.Step(1e-3);
        actual.Step(1e-3);

        Assert.Equal(2, actual.Steps);
        foreach ((Parameter e, Parameter a) in managed.Parameters.Zip(torch.Parameters))
            Assert.True(Models.Distance(e.Values, a.ReadValues()) < 2e-4, e.Name);
    }

    [TorchTheory]
    [InlineData("fla")]
    [InlineData("torchscale")]
    [InlineData("qwen3")]
    public void A_model_trained_on_a_device_is_handed_to_inference_with_the_bits_that_a_written_one_has(string name)
    {
        TrainableModel torch = SmallModels.CreateTrained(name).ToDevice(Models.Torch);
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch();
        using (AdamW optimizer = new(torch.Parameters, new TrainingOptions()))
        {
            torch.Step(new TrainingBatch(tokens, lengths), targets);
            optimizer.Step(1e-2);
        }

        using LanguageModel written = SmallModels.Reload(torch);
        using LanguageModel handed = torch.ToLanguageModel(new ModelLoadOptions { WeightFormat = WeightFormat.Float32, Threads = 1 });

        Assert.Equal(ComputeDevice.Cpu, handed.Info.Device);
        Assert.Equal(Logits(written, tokens), Logits(handed, tokens));
        Assert.Throws<ObjectDisposedException>(() => torch.Step(new TrainingBatch(tokens, lengths), targets));
        torch.Dispose();
    }

    [TorchFact]
    public void A_model_that_goes_to_a_device_keeps_the_length_that_it_has_learned()
    {
        TrainableModel managed = TinyModels.Llama();
        new LanguageModelTrainer(managed, new TrainingOptions { ContextLength = 100, Steps = 1 }).Train(TinyModels.Text(150));
        string expected = managed.ConfigurationJson();

        using TrainableModel torch = managed.ToDevice(Models.Torch);

        Assert.Equal(expected, torch.ConfigurationJson());
        Assert.NotEqual(torch.Configuration.ToJson(), torch.ConfigurationJson());
    }

    [TorchFact]
    public void Experts_whose_scores_differ_by_less_than_bfloat16_tells_are_chosen_as_in_float32()
    {
        (int[] tokens, _, _) = SmallModels.Batch(first: 30);
        float[] expected = Logits(WeightFormat.Float32, 1f / 4096);

        // bfloat16 would make equal ones of the scores, which choose other experts; what else it rounds changes far less.
        double rounded = Distance(Logits(WeightFormat.BFloat16, 1f / 4096)), equal = Distance(Logits(WeightFormat.BFloat16, 0));

        Assert.InRange(rounded, 0, equal / 4);

        double Distance(float[] logits) => expected.Zip(logits).Average(pair => Math.Abs(pair.First - pair.Second));

        float[] Logits(WeightFormat format, float difference)
        {
            using TrainableModel model = SmallModels.CreateTrained("mixtral");
            foreach (Parameter router in model.Parameters.Where(
                parameter => parameter.Name.EndsWith("gate.weight", StringComparison.Ordinal)))
            {
                int width = router.Shape[1];
                for (int i = 0; i < router.Length; i++)
                    router.Values[i] = (((i % width * 5) % 7) - 3) / 4f * (1 + (i / width * difference));
            }

            using LanguageModel inference = model.ToLanguageModel(
                new ModelLoadOptions { WeightFormat = format, Threads = 1, Device = Models.Torch });
            return TrainingEngineTests.Logits(inference, tokens);
        }
    }

    [TorchFact]
    public void A_model_trained_on_a_device_goes_to_inference_there()
    {
        TrainableModel torch = SmallModels.CreateTrained("fla").ToDevice(Models.Torch);
        (int[] tokens, _, _) = SmallModels.Batch();
        using LanguageModel written = SmallModels.Reload(torch);

        using LanguageModel handed = torch.ToLanguageModel(
            new ModelLoadOptions { WeightFormat = WeightFormat.Float32, Threads = 1, Device = Models.Torch });

        Assert.Equal(Models.Torch, handed.Info.Device);
        Assert.True(Models.Distance(Logits(written, tokens), Logits(handed, tokens)) < 1e-4);
    }

    [TorchFact]
    public void A_model_on_a_device_is_written_as_it_was_and_refuses_spans_and_another_device()
    {
        using TrainableModel managed = SmallModels.CreateTrained("torchscale");
        TrainableModel source = SmallModels.CreateTrained("torchscale");
        using TrainableModel torch = source.ToDevice(Models.Torch);

        Assert.Same(torch, torch.ToDevice(Models.Torch));
        Assert.Equal(Models.Torch, torch.Device);
        Assert.Throws<ObjectDisposedException>(() => source.Loss(new TrainingBatch([1], [1]), [1]));
        Assert.Equal(managed.ConfigurationJson(), torch.ConfigurationJson());
        Assert.Equal(managed.ParameterCount, torch.ParameterCount);
        foreach ((Core.Checkpoints.TensorSource e, Core.Checkpoints.TensorSource a) in managed.Tensors.Zip(torch.Tensors))
            Assert.Equal(e.Values().ToArray(), a.Values().ToArray());
        Assert.Contains(nameof(Parameter.CopyValuesTo),
            Assert.Throws<NotSupportedException>(() => torch.Parameters[0].Values.Length).Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => torch.ToDevice(ComputeDevice.Cpu));
        torch.Forward(new TrainingBatch([1, 2], [2]));
        torch.Backward(new float[2 * torch.Width]);
        Assert.Throws<InvalidOperationException>(() => torch.Backward(new float[2 * torch.Width]));
    }

    private static float[] Logits(LanguageModel model, int[] tokens)
    {
        float[] logits = new float[tokens.Length * SmallModels.Vocabulary];
        using SequenceState state = model.CreateState();
        model.Forward(new ForwardBatch([new SequenceInput(state, tokens.Length)], tokens, ForwardOutput.AllLogits), logits);
        return logits;
    }
}

using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Optimizer;

namespace RetNet.Extensions.Conformance;

/// <summary>Losses, gradients and AdamW steps of the reference implementations (parallel form).</summary>
public sealed class TrainingGoldenTests
{
    public static TheoryData<string> Cases => [
        "train-retnet-fla", "train-retnet-fla-tied-mqa", "train-retnet-torchscale", "train-retnet-torchscale-gelu-shared",
        "train-retnet-torchscale-smallv", .. TestDevice.Trained];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_of_the_first_loss_equal_the_reference(string name)
    {
        using GoldenCase golden = new(name);
        using TrainableModel model = Load(golden);
        double loss = Step(model, golden, RetentionForm.Parallel);

        GoldenCase.AssertClose([golden.Floats("losses")[0]], [(float)loss], golden.Tolerance("losses"), "loss");
        AssertGradients(golden, model);
    }

    [Theory]
    [InlineData("train-retnet-fla", 1)]
    [InlineData("train-retnet-fla", 5)]
    [InlineData("train-retnet-fla-tied-mqa", 8)]
    [InlineData("train-retnet-fla-tied-mqa", 17)]
    public void Chunkwise_gradients_equal_the_parallel_reference(string name, int chunk)
    {
        using GoldenCase golden = new(name);
        using TrainableModel model = Load(golden);
        Step(model, golden, RetentionForm.Chunkwise, chunk);

        AssertGradients(golden, model);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Three_steps_of_AdamW_equal_the_reference(string name)
    {
        using GoldenCase golden = new(name);
        using TrainableModel model = Load(golden);
        using AdamW optimizer = new(model.Parameters, new TrainingOptions { WeightDecay = 0.01 });
        List<float> losses = [];
        for (int step = 1; step <= 3; step++)
        {
            losses.Add((float)Step(model, golden, RetentionForm.Parallel));
            optimizer.Step(1e-3);
            model.ClearGradients();
            if (step != 2)
                AssertParameters(golden, model, $"after{step}");
        }

        losses.Add((float)Loss(model, golden));
        GoldenCase.AssertClose(golden.Floats("losses"), [.. losses], golden.Tolerance("losses"), "losses");
    }

    private static TrainableModel Load(GoldenCase golden)
    {
        using Checkpoint checkpoint = Checkpoint.Open(golden.Folder);
        return TrainableModel.Load(checkpoint, threads: 2).ToDevice(TestDevice.Device);
    }

    private static double Step(TrainableModel model, GoldenCase golden, RetentionForm form, int chunk = 0)
    {
        (int[] tokens, int[] lengths, int[] labels) = Batch(golden);
        return model.Step(new TrainingBatch(tokens, lengths) { Form = form, ChunkLength = chunk }, labels);
    }

    private static double Loss(TrainableModel model, GoldenCase golden)
    {
        (int[] tokens, int[] lengths, int[] labels) = Batch(golden);
        return model.Loss(new TrainingBatch(tokens, lengths) { Form = RetentionForm.Parallel }, labels);
    }

    private static (int[] Tokens, int[] Lengths, int[] Labels) Batch(GoldenCase golden)
    {
        int[][] sequences = golden.Sequences();
        return ([.. sequences.SelectMany(ids => ids)], [.. sequences.Select(ids => ids.Length)],
            [.. golden.Sequences("labels").SelectMany(ids => ids)]);
    }

    private static void AssertGradients(GoldenCase golden, TrainableModel model)
    {
        foreach (Parameter parameter in model.Parameters)
        {
            float[] gradient = new float[parameter.Length];
            parameter.CopyGradientTo(gradient);
            GoldenCase.AssertClose(golden.Floats($"grad.{parameter.Name}"), gradient, golden.Tolerance("grad"),
                $"gradient of {parameter.Name}");
        }
    }

    private static void AssertParameters(GoldenCase golden, TrainableModel model, string when)
    {
        foreach (Parameter parameter in model.Parameters)
        {
            float[] values = new float[parameter.Length];
            parameter.CopyValuesTo(values);
            GoldenCase.AssertClose(golden.Floats($"{when}.{parameter.Name}"), values, golden.Tolerance(when), $"{parameter.Name} {when}");
        }
    }
}

using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Optimizer;

namespace RetNet.Extensions.Core.Tests.Training;

public sealed class AdamWTests
{
    private static readonly TrainingOptions Options = new();

    [Fact]
    public void A_first_step_moves_every_value_by_the_learning_rate_against_its_gradient()
    {
        using TrainableModel model = SmallModels.Create("fla");
        using AdamW optimizer = new(model.Parameters, new TrainingOptions { WeightDecay = 0 });
        Parameter parameter = model.Parameters[0];
        float[] before = parameter.Values.ToArray();
        parameter.Gradient.Fill(-0.25f);

        optimizer.Step(0.01);

        for (int i = 0; i < before.Length; i++)
            Assert.Equal(before[i] + 0.01f, parameter.Values[i], 1e-6f);
        Assert.Equal(1, optimizer.Steps);
    }

    [Fact]
    public void Decay_shrinks_every_value_without_gradient()
    {
        using TrainableModel model = SmallModels.Create("fla");
        float[][] before = [.. model.Parameters.Select(parameter => parameter.Values.ToArray())];
        using AdamW optimizer = new(model.Parameters, new TrainingOptions { WeightDecay = 0.5 });

        optimizer.Step(0.1);

        foreach ((Parameter parameter, float[] values) in model.Parameters.Zip(before))
            Assert.Equal(values.Select(value => 0.95f * value), parameter.Values.ToArray());
    }

    [Fact]
    public void A_restored_history_goes_on_with_the_same_bits()
    {
        using TrainableModel a = SmallModels.Create("fla"), b = SmallModels.Create("fla");
        using AdamW first = new(a.Parameters, Options), second = new(b.Parameters, Options);
        Random random = new(1);
        float[] gradient = [.. Enumerable.Range(0, (int)a.Parameters[0].Length).Select(_ => random.NextSingle() - 0.5f)];
        gradient.CopyTo(a.Parameters[0].Gradient);
        gradient.CopyTo(b.Parameters[0].Gradient);
        first.Step(1e-2);
        using MemoryStream stream = new();
        first.Save(stream);
        second.Step(1e-2);
        using AdamW restored = new(b.Parameters, Options);
        stream.Position = 0;
        restored.Restore(stream);
        first.Step(1e-2, 0.5);
        restored.Step(1e-2, 0.5);

        Assert.Equal(2, restored.Steps);
        Assert.Equal(a.Parameters[0].Values, b.Parameters[0].Values);
    }

    [Fact]
    public void A_damaged_history_is_refused()
    {
        using TrainableModel model = SmallModels.Create("fla"), other = SmallModels.Create("torchscale");
        using AdamW optimizer = new(model.Parameters, Options), another = new(other.Parameters, Options);
        using MemoryStream stream = new();
        optimizer.Save(stream);
        byte[] bytes = stream.ToArray();

        Assert.Contains("truncated", Assert.Throws<InvalidDataException>(() => optimizer.Restore(new MemoryStream(bytes[..^1]))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "no history", Assert.Throws<InvalidDataException>(
                () => optimizer.Restore(new MemoryStream(new byte[bytes.Length]))).Message, StringComparison.Ordinal);
        Assert.Contains("expected", Assert.Throws<InvalidDataException>(() => another.Restore(new MemoryStream(bytes))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_gradient_norm_is_that_of_all_parameters_together()
    {
        using TrainableModel model = SmallModels.Create("fla");
        model.Parameters[0].Gradient[0] = 3;
        model.Parameters[^1].Gradient[1] = -4;
        Assert.Equal(5, GradientNorm.Compute(model.Parameters), 1e-6);
        model.Parameters[1].Gradient[0] = float.NaN;
        Assert.True(double.IsNaN(GradientNorm.Compute(model.Parameters)));
        model.ClearGradients();
        Assert.Equal(0, GradientNorm.Compute(model.Parameters));
    }
}

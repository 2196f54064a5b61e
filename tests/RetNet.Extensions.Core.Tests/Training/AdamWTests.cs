using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Optimizer;

namespace RetNet.Extensions.Core.Tests.Training;

public sealed class AdamWTests
{
    [Fact]
    public void A_first_step_moves_every_value_by_the_learning_rate_against_its_gradient()
    {
        using TrainableModel model = SmallModels.Create("fla");
        using AdamW optimizer = new(model.Parameters, new AdamWOptions { WeightDecay = 0 });
        Parameter parameter = model.Parameters[0];
        float[] before = parameter.Values.ToArray();
        parameter.Gradient.Fill(-0.25f);

        optimizer.Step(0.01);

        for (int i = 0; i < before.Length; i++)
            Assert.Equal(before[i] + 0.01f, parameter.Values[i], 1e-6f);
        Assert.Equal(1, optimizer.Steps);
    }

    [Fact]
    public void Decay_shrinks_values_without_gradient_and_can_spare_vectors()
    {
        using TrainableModel model = SmallModels.Create("fla");
        Parameter norm = model.Parameters.First(parameter => parameter.Shape.Length == 1);
        using AdamW everything = new(model.Parameters, new AdamWOptions { WeightDecay = 0.5 });
        everything.Step(0.1);
        Assert.All(norm.Values.ToArray(), value => Assert.Equal(0.95f, value, 1e-6f));

        using AdamW matrices = new(model.Parameters, new AdamWOptions { WeightDecay = 0.5, DecayMatricesOnly = true });
        matrices.Step(0.1);
        Assert.All(norm.Values.ToArray(), value => Assert.Equal(0.95f, value, 1e-6f));
    }

    [Fact]
    public void A_restored_history_goes_on_with_the_same_bits()
    {
        using TrainableModel a = SmallModels.Create("fla"), b = SmallModels.Create("fla");
        using AdamW first = new(a.Parameters), second = new(b.Parameters);
        Random random = new(1);
        float[] gradient = [.. Enumerable.Range(0, (int)a.Parameters[0].Length).Select(_ => random.NextSingle() - 0.5f)];
        gradient.CopyTo(a.Parameters[0].Gradient);
        gradient.CopyTo(b.Parameters[0].Gradient);
        first.Step(1e-2);
        using MemoryStream stream = new();
        first.Save(stream);
        second.Step(1e-2);
        using AdamW restored = new(b.Parameters);
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
        using AdamW optimizer = new(model.Parameters), another = new(other.Parameters);
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

    [Theory]
    [InlineData(1.0, 0.98, 1e-8, 0.0)]
    [InlineData(0.9, -0.1, 1e-8, 0.0)]
    [InlineData(0.9, 0.98, 0.0, 0.0)]
    [InlineData(0.9, 0.98, 1e-8, -1.0)]
    [InlineData(double.NaN, 0.98, 1e-8, 0.0)]
    public void Options_out_of_range_are_named(double beta1, double beta2, double epsilon, double decay)
    {
        using TrainableModel model = SmallModels.Create("fla");
        AdamWOptions options = new() { Beta1 = beta1, Beta2 = beta2, Epsilon = epsilon, WeightDecay = decay };
        string message = Assert.Throws<ArgumentException>(() => new AdamW(model.Parameters, options)).Message;
        Assert.Matches("Beta1|Beta2|Epsilon|WeightDecay", message);
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

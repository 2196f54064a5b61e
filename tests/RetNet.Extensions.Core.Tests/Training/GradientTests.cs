using System.Numerics.Tensors;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Tests.Training;

/// <summary>Every gradient against a central difference of the loss, of fourth order in h, along directions δ of each tensor.</summary>
public sealed class GradientTests
{
    public static TheoryData<string, RetentionForm, float> Cases
    {
        get
        {
            TheoryData<string, RetentionForm, float> cases = [];
            foreach (string name in SmallModels.Configurations.Keys)
            {
                cases.Add(name, RetentionForm.Recurrent, 0);
                if (!HasKinks(name))
                    cases.Add(name, RetentionForm.Recurrent, 0.3f);
            }

            // fla's forms are one function. torchscale detaches what its parallel and chunkwise forms divide by: their gradient is no
            // derivative.
            cases.Add("fla", RetentionForm.Parallel, 0);
            cases.Add("fla-tied-mqa", RetentionForm.Chunkwise, 0);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_gradient_of_every_tensor_is_the_derivative_of_the_loss(string name, RetentionForm form, float dropout)
    {
        using TrainableModel model = SmallModels.CreateTrained(name);
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch();
        double Loss() =>
            model.Loss(new TrainingBatch(tokens, lengths) { Form = form, ChunkLength = 3, Dropout = dropout, DropoutSeed = 9 }, targets);
        model.Step(new TrainingBatch(tokens, lengths) { Form = form, ChunkLength = 3, Dropout = dropout, DropoutSeed = 9 }, targets);

        double tolerance = HasKinks(name) ? 0.1 : 5e-3;
        foreach (Parameter parameter in model.Parameters)
            AssertDerivative(parameter, Loss, tolerance);
    }

    [Theory]
    [InlineData("fla")]
    [InlineData("torchscale")]
    public void With_a_carried_state_the_gradient_is_the_derivative_with_that_state_held(string name)
    {
        using TrainableModel model = SmallModels.CreateTrained(name);
        using TrainingState state = model.CreateState(2);
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch();
        model.Forward(new TrainingBatch(tokens, lengths) { State = state });
        using MemoryStream saved = new();
        state.Save(saved);
        double Loss()
        {
            saved.Position = 0;
            state.Restore(saved);
            return model.Loss(new TrainingBatch(tokens, lengths) { State = state, ChunkLength = 4 }, targets);
        }

        saved.Position = 0;
        state.Restore(saved);
        model.Step(new TrainingBatch(tokens, lengths) { State = state, ChunkLength = 4 }, targets);
        foreach (Parameter parameter in model.Parameters)
            AssertDerivative(parameter, Loss);
    }

    [Theory]
    [InlineData("fla", 1)]
    [InlineData("fla", 3)]
    [InlineData("fla-tied-mqa", 64)]
    [InlineData("torchscale", 1)]
    [InlineData("torchscale", 5)]
    public void Gradients_do_not_depend_on_the_chunk(string name, int chunk)
    {
        using TrainableModel whole = SmallModels.CreateTrained(name), chunked = SmallModels.CreateTrained(name);
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch(150, 70);
        whole.Step(new TrainingBatch(tokens, lengths) { ChunkLength = 1000 }, targets);
        chunked.Step(new TrainingBatch(tokens, lengths) { ChunkLength = chunk }, targets);

        for (int i = 0; i < whole.Parameters.Count; i++)
            AssertClose(whole.Parameters[i].Gradient, chunked.Parameters[i].Gradient, whole.Parameters[i].Name);
    }

    [Theory]
    [InlineData(SequenceLoss.CrossEntropy, 3, 0f)]
    [InlineData(SequenceLoss.CrossEntropy, 3, 0.2f)]
    [InlineData(SequenceLoss.Logistic, 1, 0f)]
    [InlineData(SequenceLoss.Logistic, 1, 0.1f)]
    [InlineData(SequenceLoss.SquaredError, 1, 0f)]
    public void The_gradient_through_a_sequence_head_is_the_derivative_of_its_loss(SequenceLoss loss, int outputs, float smoothing)
    {
        using TrainableModel model = SmallModels.CreateTrained("fla");
        using SequenceHead head = new(model.Width, outputs, seed: 2);
        head.Parameters[0].Values.Fill(0.3f);
        head.Parameters[0].Values[..5].Fill(-0.4f);
        (int[] tokens, int[] lengths, _) = SmallModels.Batch();
        float[] targets = loss == SequenceLoss.CrossEntropy ? [2, 0] : [1, 0];
        SequenceStepOptions options = new() { Weights = [1, 3], LabelSmoothing = smoothing, Scale = 1 };
        head.Step(model, new TrainingBatch(tokens, lengths), targets, loss, options);
        Parameter[] all = [.. head.Parameters, .. model.Parameters.Where(parameter => parameter.Name != "lm_head.weight")];
        float[][] gradients = [.. all.Select(parameter => parameter.Gradient.ToArray())];

        for (int i = 0; i < all.Length; i++)
            AssertDerivative(all[i], gradients[i], () => head.Step(model, new TrainingBatch(tokens, lengths), targets, loss, options));
    }

    // relu has no derivative at 0, which a difference may step across.
    private static bool HasKinks(string name) => name.EndsWith("relu", StringComparison.Ordinal);

    private static void AssertDerivative(Parameter parameter, Func<double> loss, double tolerance = 5e-3) =>
        AssertDerivative(parameter, parameter.Gradient.ToArray(), loss, tolerance);

    private static void AssertDerivative(Parameter parameter, float[] gradient, Func<double> loss, double tolerance = 5e-3)
    {
        Random random = new(parameter.Name.Length);
        float[] along = [.. gradient];
        float[] other = [.. gradient.Select(_ => (float)((2 * random.NextDouble()) - 1))];
        double norm = TensorPrimitives.Norm<float>(gradient);
        foreach (float[] direction in (float[][])[along, other])
        {
            double length = TensorPrimitives.Norm<float>(direction);
            if (length == 0)
                continue;
            TensorPrimitives.Divide(direction, (float)length, direction);
            double expected = TensorPrimitives.Dot<float>(gradient, direction);
            float[] values = parameter.Values.ToArray();
            double At(float step)
            {
                TensorPrimitives.MultiplyAdd(direction, step, values, parameter.Values);
                return loss();
            }

            const float h = 2e-3f;
            double difference = ((8 * (At(h) - At(-h))) - (At(2 * h) - At(-2 * h))) / (12 * h);
            values.CopyTo(parameter.Values);

            // The loss is known to about 1e-6.
            Assert.True(Math.Abs(difference - expected) <= 1e-3 + (tolerance * norm),
                $"{parameter.Name}: difference {difference:G6}, gradient {expected:G6}, norm {norm:G6}");
        }
    }

    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string name)
    {
        float tolerance = 1e-6f + (2e-5f * Math.Abs(TensorPrimitives.MaxMagnitude(expected)));
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance,
                $"{name}[{i}]: expected {expected[i]:G9}, found {actual[i]:G9}, tolerance {tolerance:G3}");
        }
    }
}

using RetNet.Extensions.Core.Kernels.Functions;

namespace RetNet.Extensions.Core.Tests.Kernels;

/// <summary>Gradients of norms, gates and the loss against finite differences in double precision.</summary>
public sealed unsafe class BackwardKernelTests
{
    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(3, 7, true)]
    [InlineData(4, 37, false)]
    [InlineData(2, 64, true)]
    public void Norm_gradients_equal_finite_differences(int rows, int width, bool weighted)
    {
        const float epsilon = 1e-3f;
        float[] x = RandomValues.Floats(
            rows * width, seed: 1), weight = RandomValues.Floats(width, seed: 2), dy = RandomValues.Floats(rows * width, seed: 3);
        double[] doubleX = FiniteDifferences.Doubles(x), doubleWeight = weighted
            ? FiniteDifferences.Doubles(weight)
            : [.. Enumerable.Repeat(1.0, width)];
        double[] expected = FiniteDifferences.Gradient(doubleX, Loss), expectedWeight = FiniteDifferences.Gradient(doubleWeight, Loss);
        float[] before = RandomValues.Floats(rows * width, seed: 4), dWeight = new float[width], added = [.. before], inPlace = [.. dy];
        fixed (float* px = x, pw = weight, pd = dy, pdw = dWeight, pa = added, pi = inPlace)
        {
            float* w = weighted ? pw : null;
            Normalization.RmsBackward(px, w, pd, pa, pdw, rows, width, epsilon, add: true);
            float* none = stackalloc float[width];
            Normalization.RmsBackward(px, w, pi, pi, none, rows, width, epsilon, add: false);
        }

        Assert.True(FiniteDifferences.Error(expected, inPlace) < 1e-5);
        Assert.True(FiniteDifferences.Error([.. expected.Zip(before, (a, b) => a + b)], added) < 1e-5);
        if (weighted)
            Assert.True(FiniteDifferences.Error(expectedWeight, dWeight) < 1e-5);

        double Loss()
        {
            double sum = 0;
            for (int row = 0; row < rows; row++)
            {
                double meanSquare = Enumerable.Range(row * width, width).Sum(i => doubleX[i] * doubleX[i]) / width;
                for (int i = 0; i < width; i++)
                    sum += dy[(row * width) + i] * doubleX[(row * width) + i] / Math.Sqrt(meanSquare + epsilon) * doubleWeight[i];
            }

            return sum;
        }
    }

    [Theory]
    [InlineData("silu")]
    [InlineData("gelu")]
    [InlineData("relu")]
    public void Gate_gradients_equal_finite_differences(string activation)
    {
        // More than one block of the kernel, and steep and flat parts of the functions.
        float[] gate = RandomValues.Floats(
            300, seed: 1, scale: 6), up = RandomValues.Floats(300, seed: 2), dy = RandomValues.Floats(300, seed: 3);
        double[] doubleGate = FiniteDifferences.Doubles(gate), doubleUp = FiniteDifferences.Doubles(up);
        float[] dGate = new float[300], dUp = [.. dy];
        switch (activation)
        {
            case "silu":
                Activations.SiluGateBackward(gate, up, dUp, dGate, dUp);
                break;
            case "gelu":
                Activations.GeluGateBackward(gate, up, dy, dGate, dUp);
                break;
            default:
                Activations.ReluGateBackward(gate, up, dy, dGate, dUp);
                break;
        }

        for (int i = 0; i < gate.Length; i++)
        {
            double[] x = [doubleGate[i], doubleUp[i]];
            double[] expected = FiniteDifferences.Gradient(x, () => dy[i] * Value(x[0]) * x[1]);
            Assert.Equal(expected[0], dGate[i], 1e-6);
            Assert.Equal(expected[1], dUp[i], 4e-6);
        }

        double Value(double x) => activation switch
        {
            "silu" => x / (1 + Math.Exp(-x)),
            "gelu" => x * 0.5 * (1 + Activations.Erf(x / Math.Sqrt(2))),
            _ => Math.Max(x, 0),
        };
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(37)]
    [InlineData(4096)]
    public void Loss_and_its_gradient_equal_the_definition(int classes)
    {
        float[] logits = RandomValues.Floats(classes, seed: 1, scale: 20), gradient = [.. logits];
        int target = classes / 2;
        double logSum = Math.Log(logits.Sum(x => Math.Exp(x)));
        double loss = CrossEntropy.Row(gradient, target, scale: 0.25f);
        Assert.Equal(logSum - logits[target], loss, 1e-5);
        for (int i = 0; i < classes; i++)
            Assert.Equal(0.25 * (Math.Exp(logits[i] - logSum) - (i == target ? 1 : 0)), gradient[i], 1e-6);
    }

    [Fact]
    public void Large_logits_overflow_neither_the_loss_nor_its_gradient()
    {
        float[] logits = [3e4f, -3e4f, 2.9e4f];
        Assert.Equal(1e3, CrossEntropy.Row(logits, 2, scale: 1), 1e-3);
        Assert.Equal([1, 0, -1], logits);
    }

    [Fact]
    public void A_row_without_a_target_costs_nothing()
    {
        float[] logits = [1, 2, 3];
        Assert.Equal(0, CrossEntropy.Row(logits, -1, scale: 1));
        Assert.All(logits, value => Assert.Equal(0, value));
    }
}

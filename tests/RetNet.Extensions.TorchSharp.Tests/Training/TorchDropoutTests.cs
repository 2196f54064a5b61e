using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Layers;
using RetNet.Extensions.TorchSharp.Training;

namespace RetNet.Extensions.TorchSharp.Tests.Training;

public sealed class TorchDropoutTests
{
    private const int Rows = 33;
    private const float Probability = 0.4f;
    private const ulong Seed = ulong.MaxValue - 5;

    [TorchTheory]
    [InlineData(7, 0)]
    [InlineData(8, 3)]
    public void Every_dropped_value_is_that_of_the_managed_engine(int width, int place)
    {
        float[] expected = DropManaged(width, place);
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor actual = new TorchDropout(Probability, Seed, Rows, torch.CPU).Apply(torch.ones(Rows, width), place);

        Assert.Equal(expected, MemoryMarshal.Cast<byte, float>(actual.contiguous().bytes).ToArray());
        Assert.InRange(expected.Count(value => value == 0), 0.3 * expected.Length, 0.5 * expected.Length);
    }

    private static unsafe float[] DropManaged(int width, int place)
    {
        using TrainingPass pass = new(1);
        pass.Begin(new TrainingBatch(new int[Rows], [Rows]) { Dropout = Probability, DropoutSeed = Seed }, []);
        float[] values = [.. Enumerable.Repeat(1f, Rows * width)];
        fixed (float* x = values)
            DropoutLayer.Apply(pass, place, x, width);
        return values;
    }
}

using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Tests.Kernels;

/// <summary>Linear layers of groups of rows, against each layer on its own.</summary>
public sealed unsafe class GroupedLinearTests
{
    private const int Columns = 90;
    private static readonly int[] Groups = [1, 7, 3, 12, 2];

    [Theory]
    [InlineData(WeightFormat.Float32, 1)]
    [InlineData(WeightFormat.BFloat16, 2)]
    [InlineData(WeightFormat.Int8, 3)]
    [InlineData(WeightFormat.Int4, 2)]
    public void Each_group_gets_the_bits_that_its_layer_gives_alone(WeightFormat format, int threads)
    {
        using WorkerPool pool = new(threads);
        int rows = Groups.Sum();
        TestMatrix[] matrices = [.. Groups.Select((_, i) => new TestMatrix(130 + i, Columns, format, seed: i + 1))];
        float[] input = RandomValues.Floats((long)(rows + LinearInputs.TileRows) * Columns, seed: 3);
        float[] bias = RandomValues.Floats(140, seed: 4);
        float[][] together = [.. Groups.Select((count, i) => new float[count * (130 + i)])];
        float[][] alone = [.. together.Select(output => output.ToArray())];
        LinearPart[] parts = new LinearPart[Groups.Length];
        fixed (float* x = input, b = bias, y0 = together[0], y1 = together[1], y2 = together[2], y3 = together[3], y4 = together[4])
        {
            float*[] outputs = [y0, y1, y2, y3, y4];
            int first = 0;
            for (int i = 0; i < Groups.Length; first += Groups[i++])
            {
                parts[i] = new(matrices[i].Weights, b, outputs[i]) { FirstRow = first, Rows = Groups[i] };
                fixed (float* y = alone[i])
                    Linear.Apply(pool, matrices[i].Weights, b, x + ((long)first * Columns), Groups[i], y);
            }

            Linear.ApplyGroups(pool, x, rows, parts);
        }

        Assert.Equal(alone, together);
        Array.ForEach(matrices, matrix => matrix.Dispose());
    }
}

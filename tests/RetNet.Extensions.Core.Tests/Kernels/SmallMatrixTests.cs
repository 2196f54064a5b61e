using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Kernels.Matrices;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Models.RetNet;

namespace RetNet.Extensions.Core.Tests.Kernels;

public sealed unsafe class SmallMatrixTests
{
    [Property(MaxTest = 60)]
    public void Product_is_added_at_every_size_and_vector_width(PositiveInt rows, PositiveInt columns, PositiveInt inner, bool transposed)
    {
        int m = (rows.Get % 14) + 1, n = (columns.Get * 3 % 80) + 1, k = inner.Get % 20;
        float[] a = RandomValues.Floats((m * k) + 1, seed: 1), b = RandomValues.Floats((k * (n + 2)) + 1,
            seed: 2), before = RandomValues.Floats(m * (n + 3), seed: 3);
        (int aRow, int aColumn) = transposed ? (1, m) : (k, 1);
        float[] wide = [.. before], middle = [.. before], narrow = [.. before], entry = [.. before];
        fixed (float* pa = a, pb = b, p512 = wide, p256 = middle, p128 = narrow, p = entry)
        {
            SmallMatrix.MultiplyAdd<FloatVector512, StoredFloat32>(pa, aRow, aColumn, (StoredFloat32*)pb, n + 2, p512, n + 3, m, n, k);
            SmallMatrix.MultiplyAdd<FloatVector256, StoredFloat32>(pa, aRow, aColumn, (StoredFloat32*)pb, n + 2, p256, n + 3, m, n, k);
            SmallMatrix.MultiplyAdd<FloatVector128, StoredFloat32>(pa, aRow, aColumn, (StoredFloat32*)pb, n + 2, p128, n + 3, m, n, k);
            SmallMatrix.MultiplyAdd(pa, aRow, aColumn, pb, n + 2, p, n + 3, m, n, k);
        }

        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n + 3; j++)
            {
                double expected = before[(i * (n + 3)) + j];
                for (int p = 0; p < k && j < n; p++)
                    expected += (double)a[(i * aRow) + (p * aColumn)] * b[(p * (n + 2)) + j];
                Assert.Equal(expected, entry[(i * (n + 3)) + j], 5e-6);
            }
        }

        // Each element is summed in the order of k whatever the vectors: the same bits.
        Assert.Equal(wide, entry);
        Assert.Equal(wide, middle);
        Assert.Equal(wide, narrow);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(8, 15)]
    [InlineData(5, 64)]
    [InlineData(8, 48)]
    [InlineData(16, 67)]
    [InlineData(32, 131)]
    public void Recurrent_step_decays_updates_and_reads_the_state(int keyWidth, int valueWidth)
    {
        const float decay = 0.96875f;
        float[] state = RandomValues.Floats(keyWidth * valueWidth, seed: 1), query = RandomValues.Floats(keyWidth, seed: 2);
        float[] key = RandomValues.Floats(keyWidth, seed: 3), value = RandomValues.Floats(valueWidth, seed: 4);
        foreach (int lanes in (ReadOnlySpan<int>)[0, 4, 8, 16])
        {
            float[] updated = [.. state], output = new float[valueWidth];
            fixed (float* u = updated, q = query, k = key, v = value, o = output)
            {
                switch (lanes)
                {
                    case 4:
                        RecurrentStep.Run<FloatVector128, StoredFloat32>((StoredFloat32*)u, q, k, v, o, keyWidth, valueWidth, decay);
                        break;
                    case 8:
                        RecurrentStep.Run<FloatVector256, StoredFloat32>((StoredFloat32*)u, q, k, v, o, keyWidth, valueWidth, decay);
                        break;
                    case 16:
                        RecurrentStep.Run<FloatVector512, StoredFloat32>((StoredFloat32*)u, q, k, v, o, keyWidth, valueWidth, decay);
                        break;
                    default:
                        RecurrentStep.Run((StoredFloat32*)u, q, k, v, o, keyWidth, valueWidth, decay);
                        break;
                }
            }

            for (int j = 0; j < valueWidth; j++)
            {
                double read = 0;
                for (int i = 0; i < keyWidth; i++)
                {
                    double expected = ((double)decay * state[(i * valueWidth) + j]) + ((double)key[i] * value[j]);
                    Assert.Equal(expected, updated[(i * valueWidth) + j], 1e-6);
                    read += query[i] * expected;
                }

                Assert.Equal(read, output[j], 1e-5);
            }
        }
    }
}

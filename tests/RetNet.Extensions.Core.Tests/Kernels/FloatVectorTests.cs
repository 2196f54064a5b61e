using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Tests.Kernels;

/// <summary>Operations of the hardware vectors against scalar ones, for every width.</summary>
public sealed unsafe class FloatVectorTests
{
    [Fact]
    public void Sums_and_maxima_are_those_of_the_lanes()
    {
        SumsAndMaxima<FloatVector128>();
        SumsAndMaxima<FloatVector256>();
        SumsAndMaxima<FloatVector512>();
    }

    [Property]
    public void Bfloat16_is_stored_as_weights_are_rounded(uint[] bits)
    {
        float[] values = [.. bits.Select(BitConverter.UInt32BitsToSingle), float.NaN, -float.NaN, float.PositiveInfinity, float.MaxValue,
            1e-40f, -0f];
        StoresBFloat16<FloatVector128>(values);
        StoresBFloat16<FloatVector256>(values);
        StoresBFloat16<FloatVector512>(values);
    }

    [Fact]
    public void Exponential_is_within_two_units_in_the_last_place()
    {
        ExponentialIsClose<FloatVector128>();
        ExponentialIsClose<FloatVector256>();
        ExponentialIsClose<FloatVector512>();
    }

    [Fact]
    public void Exponential_of_zero_is_one_and_far_below_zero_it_is_zero()
    {
        Assert.Equal(1, Exp<FloatVector512>(0));
        Assert.Equal(1, Exp<FloatVector128>(-0f));
        Assert.Equal(0, Exp<FloatVector256>(-87.7f));
        Assert.Equal(0, Exp<FloatVector512>(-1e30f));
        Assert.Equal(0, Exp<FloatVector128>(float.NegativeInfinity));
        Assert.True(float.IsNaN(Exp<FloatVector512>(float.NaN)));
    }

    private static void SumsAndMaxima<TVector>()
        where TVector : unmanaged, IFloatVector<TVector>
    {
        int n = TVector.Count;
        float[] values = RandomValues.Floats(4 * n, seed: 1), sums = new float[4];
        fixed (float* p = values, s = sums)
        {
            TVector.SumEach(TVector.Load(p), TVector.Load(p + n), TVector.Load(p + (2 * n)), TVector.Load(p + (3 * n)), s);
            for (int i = 0; i < 4; i++)
            {
                Assert.Equal(values.Skip(i * n).Take(n).Sum(value => (double)value), sums[i], 1e-6);
                Assert.Equal(values.Skip(i * n).Take(n).Max(), TVector.Largest(TVector.Load(p + (i * n))));
            }

            // The same vector gives the same bits in each of the four places.
            TVector same = TVector.Load(p);
            TVector.SumEach(same, same, same, same, s);
            Assert.Single(sums.Distinct());
        }
    }

    [Fact]
    public void Every_half_is_loaded_exactly()
    {
        LoadsHalves<FloatVector512>();
        LoadsHalves<FloatVector256>();
        LoadsHalves<FloatVector128>();
    }

    private static void LoadsHalves<TVector>()
        where TVector : unmanaged, IFloatVector<TVector>
    {
        ushort[] halves = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        float[] loaded = new float[halves.Length];
        fixed (ushort* source = halves)
        fixed (float* target = loaded)
        {
            for (int i = 0; i < halves.Length; i += TVector.Count)
                TVector.Store(TVector.LoadHalf(source + i), target + i);
        }

        Assert.Equal(halves.Select(bits => (float)BitConverter.UInt16BitsToHalf(bits)), loaded);
    }

    private static void StoresBFloat16<TVector>(float[] values)
        where TVector : unmanaged, IFloatVector<TVector>
    {
        float[] padded = [.. values, .. new float[TVector.Count]];
        ushort[] expected = new ushort[padded.Length], stored = new ushort[padded.Length];
        for (int i = 0; i < padded.Length; i++)
            expected[i] = WeightConversion.ToBFloat16(padded[i]);
        fixed (float* source = padded)
        fixed (ushort* target = stored)
        {
            for (int i = 0; i < values.Length; i++)
            {
                TVector.StoreBFloat16(TVector.Load(source + i), target + i);
                Assert.Equal(expected.AsSpan(i, TVector.Count), stored.AsSpan(i, TVector.Count));
            }
        }
    }

    private static void ExponentialIsClose<TVector>()
        where TVector : unmanaged, IFloatVector<TVector>
    {
        for (float x = -87; x <= 88; x += 0.0137f)
        {
            float expected = (float)Math.Exp(x);
            Assert.InRange(Math.Abs(Exp<TVector>(x) - (double)expected), 0, 2 * (MathF.BitIncrement(expected) - expected));
        }
    }

    private static float Exp<TVector>(float x)
        where TVector : unmanaged, IFloatVector<TVector> => TVector.Largest(Exponential.Of(TVector.Broadcast(x)));
}

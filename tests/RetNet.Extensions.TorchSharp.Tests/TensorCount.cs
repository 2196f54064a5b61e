namespace RetNet.Extensions.TorchSharp.Tests;

/// <summary>TorchSharp's own count of the tensors that are alive.</summary>
internal static class TensorCount
{
    private const int Cycles = 3;

    /// <summary>Does something once to warm up, then a few times, which must leave as many tensors as there were.</summary>
    public static void AssertStays(Action cycle)
    {
        cycle();
        long before = Tensor.TotalCount;
        for (int i = 0; i < Cycles; i++)
            cycle();
        Assert.Equal(before, Tensor.TotalCount);
    }
}

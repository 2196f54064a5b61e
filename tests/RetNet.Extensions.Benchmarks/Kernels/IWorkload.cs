namespace RetNet.Extensions.Benchmarks.Kernels;

/// <summary>What one call of a benchmark reads and computes, counted, not measured; 0 where that says nothing.</summary>
internal interface IWorkload
{
    /// <summary>Bytes that it must read from memory.</summary>
    long Bytes { get; }

    /// <summary>Floating-point operations; a multiply-add counts as two.</summary>
    long Operations { get; }
}

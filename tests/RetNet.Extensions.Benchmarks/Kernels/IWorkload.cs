namespace RetNet.Extensions.Benchmarks.Kernels;

/// <summary>The bytes and operations of one call of a benchmark, counted, not measured; 0 if they mean nothing.</summary>
internal interface IWorkload
{
    /// <summary>Bytes that it must read from memory.</summary>
    long Bytes { get; }

    /// <summary>Floating-point operations; a multiply-add counts as two.</summary>
    long Operations { get; }
}

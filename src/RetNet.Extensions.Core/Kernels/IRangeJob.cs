namespace RetNet.Extensions.Core.Kernels;

/// <summary>Work on a range of indices that can be split anywhere: the result of an index depends on that index only.</summary>
internal interface IRangeJob
{
    /// <summary>Works on <c>[from, to)</c>.</summary>
    /// <param name="from">The first index.</param>
    /// <param name="to">The index after the last.</param>
    void Run(int from, int to);
}

using System.Runtime.ExceptionServices;

namespace RetNet.Extensions.Core.Kernels.Threads;

/// <summary>Work on several threads while there is no <see cref="WorkerPool"/> yet, such as reading weights from a file.</summary>
internal static class ParallelLoop
{
    /// <summary>Runs a delegate for each of <c>[0, count)</c>. An exception of one of them is thrown here, as it is.</summary>
    /// <param name="count">The number of indices.</param>
    /// <param name="threads">The most threads that work at a time.</param>
    /// <param name="body">The work on one index.</param>
    public static void For(int count, int threads, Action<int> body)
    {
        try
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, body);
        }
        catch (AggregateException exception) when (exception.InnerException is { } first)
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }
}

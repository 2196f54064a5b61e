using System.Runtime.ExceptionServices;

namespace RetNet.Extensions.Core.Kernels.Threads;

/// <summary>Work on a thread of its own beside what its owner does, or before that where memory for a thread is short. Disposing it waits
/// for its end.</summary>
internal sealed class SideWork<T> : IDisposable
{
    private readonly Thread? _thread;
    private T? _result;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Begins the work.</summary>
    /// <param name="name">The name of the thread.</param>
    /// <param name="work">The work.</param>
    public SideWork(string name, Func<T> work)
    {
        try
        {
            Thread thread = new(() => Run(work)) { IsBackground = true, Name = name };
            thread.Start();
            _thread = thread;
        }
        catch (OutOfMemoryException)
        {
            Run(work);
        }
    }

    /// <summary>Waits for the result. What the work threw is thrown here.</summary>
    public T Wait()
    {
        _thread?.Join();
        _failure?.Throw();
        return _result!;
    }

    public void Dispose() => _thread?.Join();

    private void Run(Func<T> work)
    {
        try
        {
            _result = work();
        }
        catch (Exception exception)
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
        }
    }
}

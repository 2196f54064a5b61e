namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>The scratch memory of a model's forwards: one workspace for each that runs. A few are kept for later forwards, until there were
/// none for some seconds. Thread-safe.</summary>
/// <param name="create">Makes a workspace.</param>
internal sealed class WorkspacePool(Func<DecoderWorkspace> create) : IDisposable
{
    // More forwards than this may run at once, but then their workspaces are not kept.
    private const int MostIdle = 4;

    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly List<DecoderWorkspace> _all = [];
    private readonly Stack<DecoderWorkspace> _idle = [];
    private Timer? _timer;
    private long _lastUse;

    /// <summary>Bytes of all workspaces.</summary>
    public long ByteSize
    {
        get
        {
            long bytes = 0;
            lock (_gate)
            {
                foreach (DecoderWorkspace workspace in _all)
                    bytes += workspace.ByteSize;
            }

            return bytes;
        }
    }

    /// <summary>A workspace for one forward.</summary>
    public DecoderWorkspace Rent()
    {
        lock (_gate)
        {
            if (_idle.TryPop(out DecoderWorkspace? workspace))
                return workspace;
            workspace = create();
            _all.Add(workspace);
            return workspace;
        }
    }

    /// <summary>Takes a workspace back.</summary>
    public void Return(DecoderWorkspace workspace)
    {
        lock (_gate)
        {
            _lastUse = Environment.TickCount64;
            if (_idle.Count < MostIdle)
            {
                _idle.Push(workspace);
                _timer ??= new Timer(ReleaseUnused, new WeakReference<WorkspacePool>(this), IdleTime, IdleTime);
                return;
            }

            _all.Remove(workspace);
        }

        workspace.Dispose();
    }

    /// <summary>Releases the workspaces that no forward uses.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
            while (_idle.TryPop(out DecoderWorkspace? workspace))
            {
                _all.Remove(workspace);
                workspace.Dispose();
            }
        }
    }

    // The timer ends with the pool, which it does not keep alive.
    private static void ReleaseUnused(object? target)
    {
        if (((WeakReference<WorkspacePool>)target!).TryGetTarget(out WorkspacePool? pool)
            && Environment.TickCount64 - Volatile.Read(ref pool._lastUse) >= IdleTime.TotalMilliseconds)
        {
            pool.Dispose();
        }
    }
}

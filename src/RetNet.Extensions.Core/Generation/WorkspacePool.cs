namespace RetNet.Extensions.Core.Generation;

/// <summary>Keeps the scratch memory of forwards for the next ones; there are as many workspaces as forwards ran at once.</summary>
/// <typeparam name="TWorkspace">The workspace of a model family.</typeparam>
internal sealed class WorkspacePool<TWorkspace>(Func<TWorkspace> create) : IDisposable
    where TWorkspace : class, IDisposable
{
    private readonly Stack<TWorkspace> _idle = [];

    public TWorkspace Rent()
    {
        lock (_idle)
        {
            if (_idle.TryPop(out TWorkspace? workspace))
                return workspace;
        }

        return create();
    }

    public void Return(TWorkspace workspace)
    {
        lock (_idle)
            _idle.Push(workspace);
    }

    public void Dispose()
    {
        foreach (TWorkspace workspace in _idle)
            workspace.Dispose();
        _idle.Clear();
    }
}

namespace RetNet.Extensions.Benchmarks.Load;

/// <summary>A way to a model that lies in something disposable.</summary>
/// <typeparam name="T">What holds the model.</typeparam>
/// <param name="name">The name in reports.</param>
/// <param name="load">Loads the model.</param>
/// <param name="read">Reads the text of a case.</param>
internal sealed class LoadTarget<T>(string name, Func<T> load, Func<T, LoadCase, CancellationToken, IAsyncEnumerable<string>> read)
    : ILoadTarget
    where T : class, IDisposable
{
    private T _holder = load();
    private int _replacements;

    public string Name { get; } = name;

    public int Replacements => Volatile.Read(ref _replacements);

    public IAsyncEnumerable<string> ReadAsync(LoadCase request, CancellationToken cancellationToken) =>
        read(Volatile.Read(ref _holder), request, cancellationToken);

    public void Replace()
    {
        T before = Interlocked.Exchange(ref _holder, load());

        // A request that still finds the one before sees the number grow.
        Interlocked.Increment(ref _replacements);
        before.Dispose();
    }

    public void Dispose() => _holder.Dispose();
}

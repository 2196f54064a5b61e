namespace RetNet.Extensions.Benchmarks.Load;

/// <summary>A way to a model's texts. Its model may be replaced while requests run, which ends them.</summary>
internal interface ILoadTarget : IDisposable
{
    string Name { get; }

    /// <summary>How many times the model was replaced.</summary>
    int Replacements { get; }

    /// <summary>The text of a case, in pieces.</summary>
    IAsyncEnumerable<string> ReadAsync(LoadCase request, CancellationToken cancellationToken);

    /// <summary>Loads the model anew and disposes the one before, in use or not.</summary>
    void Replace();
}

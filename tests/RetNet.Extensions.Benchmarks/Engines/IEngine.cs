namespace RetNet.Extensions.Benchmarks.Engines;

/// <summary>A program that computes a model, alone on the machine while it is measured.</summary>
internal interface IEngine : IDisposable
{
    /// <summary>Its name in the tables.</summary>
    string Name { get; }

    /// <summary>Reads a prompt into an empty sequence.</summary>
    /// <returns>Tokens per second.</returns>
    double Prefill(int tokens);

    /// <summary>Generates tokens greedily behind a context, which is read once and kept for the next call.</summary>
    /// <param name="context">Tokens that the sequence has seen.</param>
    /// <param name="tokens">Tokens that are timed; a few before them are not.</param>
    /// <returns>Tokens per second.</returns>
    double Decode(int context, int tokens);
}

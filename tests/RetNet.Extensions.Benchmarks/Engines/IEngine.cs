namespace RetNet.Extensions.Benchmarks.Engines;

/// <summary>A program that computes a model, alone on the machine while it is measured. No token is chosen: what is timed is the model
/// alone.</summary>
internal interface IEngine
{
    /// <summary>Its name in the samples.</summary>
    string Name { get; }

    /// <summary>Reads a prompt into an empty sequence.</summary>
    /// <returns>Tokens per second.</returns>
    double Prefill(int tokens);

    /// <summary>Feeds one token after the other behind a context, with logits after each.</summary>
    /// <param name="context">Tokens that the sequence has seen.</param>
    /// <param name="tokens">Tokens that are timed.</param>
    /// <returns>Tokens per second.</returns>
    double Decode(int context, int tokens);
}

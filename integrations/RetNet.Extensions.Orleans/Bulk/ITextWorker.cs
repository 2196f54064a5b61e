namespace RetNet.Extensions.Orleans.Bulk;

/// <summary>Turns texts into numbers on a silo: a score, a vector, or the probabilities of classes. A pipeline of any kind can be
/// one. Implementations are thread-safe.</summary>
public interface ITextWorker
{
    /// <summary>Works on texts.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The numbers of each text, which do not depend on the other texts.</returns>
    ValueTask<IReadOnlyList<float[]>> RunAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken);
}

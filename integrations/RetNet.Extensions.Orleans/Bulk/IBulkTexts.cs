using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.Orleans.Bulk;

/// <summary>Works on many texts over all silos of a cluster.</summary>
public interface IBulkTexts
{
    /// <summary>Works on texts.</summary>
    /// <param name="worker">The name of the worker, which the silos registered.</param>
    /// <param name="texts">The texts; they are read as far as there are places for them, never all at once.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the work. What a file of results has by then is kept.</param>
    /// <returns>A result for each text, in their order.</returns>
    /// <exception cref="ArgumentException">A silo has no such worker.</exception>
    /// <exception cref="StateBudgetException">The states of a text would not fit the whole budget of a silo's model.</exception>
    /// <exception cref="InvalidDataException">The file of results is that of another worker or of other texts, or is damaged.</exception>
    IAsyncEnumerable<BulkResult> RunAsync(
        string worker, IAsyncEnumerable<string> texts, BulkOptions? options = null, CancellationToken cancellationToken = default);
}

using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.Orleans.Bulk;

/// <summary>How likely a model finds texts, for workers. A worker has one batch at a time, for which the model uses all of its
/// threads.</summary>
internal sealed class TextLikelihood(SharedModel shared) : IDisposable
{
    // Beside a batch others go on. One that would need more is scored text by text.
    private const int PartsOfBudget = 4;

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Scores texts.</summary>
    /// <returns>Per text the sum of −ln p in nats, and the number of tokens that it is the sum over.</returns>
    /// <exception cref="StateBudgetException">The states of a text would not fit the whole budget of the model.</exception>
    public async Task<IReadOnlyList<(double Nats, int Tokens)>> ScoreAsync(
        IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        LoadedModel loaded = await shared.GetAsync(cancellationToken).ConfigureAwait(false);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
#pragma warning disable RS0030 // Both parts compute all the time; nothing of them waits, and the grain's thread is not used.
            TextModel model = loaded.TextModel;
            int[][] sequences = await Task.Run(() => texts.Select(model.EncodePrompt).ToArray(), cancellationToken).ConfigureAwait(false);
            SequenceLikelihood likelihood = new(model.Model, loaded.DefaultOptions.State) { StatesAreReserved = true };
            bool fits = likelihood.StateBytes(sequences) <= model.Budget.Bytes / PartsOfBudget;
            List<double> nats = [];
            foreach (int[][] some in fits ? [sequences] : sequences.Select(one => (int[][])[one]))
            {
                using IDisposable room = await model.Budget.ReserveAsync(likelihood.StateBytes(some), cancellationToken)
                    .ConfigureAwait(false);
                nats.AddRange(await Task.Run(() => likelihood.Score(some, cancellationToken), cancellationToken).ConfigureAwait(false));
            }

            return [.. nats.Zip(sequences, (sum, tokens) => (sum, Math.Max(0, tokens.Length - 1)))];
#pragma warning restore RS0030
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}

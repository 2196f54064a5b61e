using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.Orleans.Bulk;

/// <summary>How likely a model finds texts, for workers. A worker has one batch at a time, for which the model uses all of its
/// threads.</summary>
internal sealed class TextLikelihood(SharedModel model) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Scores texts.</summary>
    /// <returns>Per text the sum of −ln p in nats, and the number of tokens that it is the sum over.</returns>
    /// <exception cref="StateBudgetException">The states of a text would not fit the whole budget of the model.</exception>
    public async Task<IReadOnlyList<(double Nats, int Tokens)>> ScoreAsync(
        IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        LoadedModel loaded = await model.GetAsync(cancellationToken).ConfigureAwait(false);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
#pragma warning disable RS0030 // Scoring computes all the time; nothing of it waits, and the grain's thread is not used.
            return await Task.Run(() => Score(loaded, texts, cancellationToken), cancellationToken).ConfigureAwait(false);
#pragma warning restore RS0030
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private static (double Nats, int Tokens)[] Score(LoadedModel loaded, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        TextModel model = loaded.TextModel;
        int[][] sequences = [.. texts.Select(model.EncodePrompt)];
        SequenceLikelihood likelihood = new(model.Model, loaded.DefaultOptions.State);
        bool fits = likelihood.StateBytes(sequences) <= model.Budget.Bytes;
        List<double> nats = [];
        foreach (int[][] some in fits ? [sequences] : sequences.Select(one => (int[][])[one]))
        {
            model.Budget.RequireRoom(likelihood.StateBytes(some));
            nats.AddRange(likelihood.Score(some, cancellationToken));
        }

        return [.. nats.Zip(sequences, (sum, tokens) => (sum, Math.Max(0, tokens.Length - 1)))];
    }
}

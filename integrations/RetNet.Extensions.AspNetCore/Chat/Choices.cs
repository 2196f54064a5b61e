using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AspNetCore.Chat;

/// <summary>Generates several answers to one request at the same time.</summary>
internal static class Choices
{
    // Updates that wait for a slow client, for each answer; the generations themselves do not wait.
    private const int Waiting = 8;

    /// <summary>The options of one answer: with a seed, each answer has a seed of its own.</summary>
    public static ChatOptions Options(ChatOptions options, int choice)
    {
        ChatOptions own = options.Clone();
        own.Seed += choice;
        return own;
    }

    /// <summary>The updates of all answers as they come. The first failure ends all answers.</summary>
    /// <param name="start">Starts an answer by its number.</param>
    /// <param name="count">The number of answers.</param>
    /// <param name="cancellationToken">Cancels all.</param>
    public static IAsyncEnumerable<(int Choice, T Update)> Stream<T>(
        Func<int, CancellationToken, IAsyncEnumerable<T>> start, int count, CancellationToken cancellationToken) =>
        count == 1 ? One(start, cancellationToken) : Several(start, count, cancellationToken);

    private static async IAsyncEnumerable<(int Choice, T Update)> One<T>(
        Func<int, CancellationToken, IAsyncEnumerable<T>> start, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (T update in start(0, cancellationToken).ConfigureAwait(false))
            yield return (0, update);
    }

    private static async IAsyncEnumerable<(int Choice, T Update)> Several<T>(
        Func<int, CancellationToken, IAsyncEnumerable<T>> start, int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource all = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<(int Choice, T Update)> updates = Channel.CreateBounded<(int Choice, T Update)>(
            new BoundedChannelOptions(count * Waiting) { SingleReader = true });
        Task answers = AnswerAllAsync();
        try
        {
            await foreach ((int Choice, T Update) update in updates.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                yield return update;
        }
        finally
        {
            await all.CancelAsync().ConfigureAwait(false);
            await answers.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task AnswerAllAsync()
        {
            await Task.WhenAll(Enumerable.Range(0, count).Select(AnswerAsync)).ConfigureAwait(false);
            updates.Writer.TryComplete();
        }

        async Task AnswerAsync(int choice)
        {
            try
            {
                // One after another begins, which may have failed or taken all the time.
                all.Token.ThrowIfCancellationRequested();
                await foreach (T update in start(choice, all.Token).ConfigureAwait(false))
                    await updates.Writer.WriteAsync((choice, update), all.Token).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                updates.Writer.TryComplete(exception);
                await all.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }
    }
}

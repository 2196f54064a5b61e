using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Answers;

namespace RetNet.Extensions.AI;

/// <summary>Gathers updates of an answer.</summary>
public static class RetNetChatResponseExtensions
{
    /// <summary>Makes a whole response of updates, as
    /// <see cref="ChatResponseExtensions.ToChatResponseAsync(IAsyncEnumerable{ChatResponseUpdate}, CancellationToken)"/> does, with the log
    /// probabilities of all of them, where that method takes over those of the last update that has any, and without these and what updates
    /// tell of the state in its messages, which go into histories.</summary>
    /// <param name="updates">The updates.</param>
    /// <param name="cancellationToken">Cancels the answer.</param>
    /// <returns>The response. Its <see cref="ChatResponse.AdditionalProperties"/> have a list of <see cref="TokenLogProbs"/> as
    /// <c>logprobs</c>, if the updates have some, and of the state the last that the updates have as <c>state</c> and
    /// <c>state_bytes</c>.</returns>
    public static Task<ChatResponse> ToChatResponseWithLogProbsAsync(
        this IAsyncEnumerable<ChatResponseUpdate> updates, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(updates);
        return AnswerLogProbs.ToResponseAsync(updates, cancellationToken);
    }
}

using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Requests;

namespace RetNet.Extensions.SemanticKernel;

/// <summary>What a kernel sees of a chat client: takes settings as prompt files write them, and gives each result and
/// content its <c>FinishReason</c> in the metadata, and contents the response, or the update of a stream, as their inner content.</summary>
internal sealed class KernelChatClient(IChatClient innerClient) : DelegatingChatClient(innerClient)
{
    private const string FinishReason = "FinishReason";

    /// <inheritdoc/>
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ChatResponse response = await base.GetResponseAsync(Whole(messages), PromptFileSettings.Complete(options), cancellationToken)
            .ConfigureAwait(false);
        response.RawRepresentation ??= response;
        (response.AdditionalProperties ??= [])[FinishReason] = response.FinishReason?.Value;
        if (response.Messages.LastOrDefault() is { } answer)
        {
            answer.RawRepresentation ??= response;
            (answer.AdditionalProperties ??= [])[FinishReason] = response.FinishReason?.Value;
        }

        return response;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        IAsyncEnumerable<ChatResponseUpdate> updates = base.GetStreamingResponseAsync(
            Whole(messages), PromptFileSettings.Complete(options), cancellationToken);
        await foreach (ChatResponseUpdate update in updates.ConfigureAwait(false))
        {
            update.RawRepresentation ??= update;
            if (update.FinishReason is { } reason)
                (update.AdditionalProperties ??= [])[FinishReason] = reason.Value;
            yield return NamedValues.AsJson(update);
        }
    }

    // Before the kernel's function invocation, which does not expect a null.
    private static ChatMessage[] Whole(IEnumerable<ChatMessage> messages) =>
        [.. messages.Select((message, place) => MessageChecks.Require(message, place))];
}

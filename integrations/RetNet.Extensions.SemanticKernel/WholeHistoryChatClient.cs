using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.SemanticKernel;

/// <summary>What a kernel's function invocation sees of a chat client: arguments as kernel functions take them, messages as the model reads
/// them, and no conversation ids. A kernel sends the whole history, and where a response has an id, its function invocation finds no
/// message to go on from.</summary>
internal sealed class WholeHistoryChatClient(IChatClient innerClient) : DelegatingChatClient(innerClient)
{
    /// <inheritdoc/>
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ChatResponse response = await base.GetResponseAsync(AsWritten(messages, options), options, cancellationToken).ConfigureAwait(false);
        response.ConversationId = null;
        NamedValues.Read(response.Messages.SelectMany(message => message.Contents), options);
        return response;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (ChatResponseUpdate update in base.GetStreamingResponseAsync(
            AsWritten(messages, options), options, cancellationToken).ConfigureAwait(false))
        {
            update.ConversationId = null;
            NamedValues.Read(update.Contents, options);
            yield return update;
        }
    }

    private static IEnumerable<ChatMessage> AsWritten(IEnumerable<ChatMessage> messages, ChatOptions? options) =>
        messages.Select(message => HistoryArguments.AsWritten(NamedValues.AsJson(KernelMessages.AsRead(message)), options));
}

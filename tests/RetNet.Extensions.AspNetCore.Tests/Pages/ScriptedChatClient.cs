using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AspNetCore.Tests.Pages;

/// <summary>A chat client whose answers are written by the test.</summary>
internal sealed class ScriptedChatClient : IChatClient
{
    /// <summary>The pieces of the answer to a message.</summary>
    public required Func<string, CancellationToken, IAsyncEnumerable<ChatResponseUpdate>> Answer { get; init; }

    /// <summary>Ends with the first answer: an endless one ends when it is cancelled, or when nobody reads it any more.</summary>
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            await foreach (ChatResponseUpdate update in Answer(messages.Last().Text, cancellationToken))
                yield return update;
        }
        finally
        {
            Ended.TrySetResult();
        }
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}

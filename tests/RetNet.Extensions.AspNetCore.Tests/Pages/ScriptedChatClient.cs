using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AspNetCore.Tests.Pages;

/// <summary>A chat client whose answers are written by the test.</summary>
internal sealed class ScriptedChatClient : IChatClient
{
    /// <summary>The pieces of the answer to a message.</summary>
    public required Func<string, CancellationToken, IAsyncEnumerable<ChatResponseUpdate>> Answer { get; init; }

    /// <summary>Ends when a request was cancelled.</summary>
    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using CancellationTokenRegistration registration = cancellationToken.Register(() => Cancelled.TrySetResult());
        await foreach (ChatResponseUpdate update in Answer(messages.Last().Text, cancellationToken))
            yield return update;
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}

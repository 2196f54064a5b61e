using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AspNetCore.Tests;

/// <summary>A chat client that answers as a test says.</summary>
internal sealed class ScriptedClient(string name) : IChatClient
{
    /// <summary>Answers; by default with a word.</summary>
    public Func<IReadOnlyList<ChatMessage>, ChatOptions?, CancellationToken, IAsyncEnumerable<ChatResponseUpdate>> Answer { get; init; } =
        (_, _, _) => Updates("hello");

    /// <summary>The requests so far.</summary>
    public List<(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options)> Requests { get; } = [];

    public static async IAsyncEnumerable<ChatResponseUpdate> Updates(params string[] texts)
    {
        foreach (string text in texts)
        {
            await Task.Yield();
            yield return new ChatResponseUpdate(ChatRole.Assistant, text);
        }
    }

    /// <summary>Updates, one by one.</summary>
    public static async IAsyncEnumerable<ChatResponseUpdate> Contents(params AIContent[] contents)
    {
        foreach (AIContent content in contents)
        {
            await Task.Yield();
            yield return new ChatResponseUpdate(ChatRole.Assistant, [content]);
        }
    }

    /// <summary>An answer that begins, and then waits until it is cancelled; it says when that happened.</summary>
    public static async IAsyncEnumerable<ChatResponseUpdate> Endless(
        TaskCompletionSource ended, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                yield return new ChatResponseUpdate(ChatRole.Assistant, "on and ");
                await Task.Delay(10, cancellationToken);
            }
        }
        finally
        {
            ended.TrySetResult();
        }
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        List<ChatMessage> request = [.. messages];
        lock (Requests)
            Requests.Add((request, options));
        return Answer(request, options, cancellationToken);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("scripted", null, name)
        : serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
    }
}

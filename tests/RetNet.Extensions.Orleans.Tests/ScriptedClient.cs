using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.Orleans.Tests;

/// <summary>Answers as a test says, and records what it was asked.</summary>
internal sealed class ScriptedClient(Func<IReadOnlyList<ChatMessage>, CancellationToken, IAsyncEnumerable<ChatResponseUpdate>> answer)
    : IChatClient
{
    private readonly Lock _gate = new();
    private readonly List<(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options)> _requests = [];

    public IReadOnlyList<(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options)> Requests
    {
        get
        {
            lock (_gate)
                return [.. _requests];
        }
    }

    /// <summary>A client that says how many messages it was sent, word by word.</summary>
    public static ScriptedClient Counting() => new((messages, _) => WordsAsync($"You sent {messages.Count} messages."));

    public static async IAsyncEnumerable<ChatResponseUpdate> WordsAsync(string text)
    {
        foreach (string word in text.Split(' '))
        {
            await Task.Yield();
            yield return new ChatResponseUpdate(ChatRole.Assistant, word == text.Split(' ')[0] ? word : " " + word);
        }

        yield return new ChatResponseUpdate(ChatRole.Assistant, [new UsageContent(new UsageDetails { OutputTokenCount = 7 })])
        {
            FinishReason = ChatFinishReason.Stop,
        };
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options =
            null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<ChatMessage> sent = [.. messages];
        lock (_gate)
            _requests.Add((sent, options));
        await foreach (ChatResponseUpdate update in answer(sent, cancellationToken).WithCancellation(cancellationToken))
            yield return update;
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <summary>What a question for a service waits for.</summary>
    public Action BeforeService { get; init; } = () => { };

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        BeforeService();
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    public void Dispose()
    {
    }
}

using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>A chat client that answers with fixed pieces of text and keeps what it was asked.</summary>
internal sealed class FakeChatClient(string modelId = "fake", params string[] pieces) : IChatClient
{
    private static readonly UsageDetails s_usage = new() { InputTokenCount = 7, OutputTokenCount = 3, TotalTokenCount = 10 };

    public IReadOnlyList<ChatMessage> Messages { get; private set; } = [];

    public ChatOptions? Options { get; private set; }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Keep(messages, options);
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, string.Concat(pieces)))
        {
            ModelId = modelId,
            Usage = s_usage
        });
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Keep(messages, options);
        foreach (string piece in pieces)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return new ChatResponseUpdate(ChatRole.Assistant, piece) { ModelId = modelId };
        }

        yield return new ChatResponseUpdate(ChatRole.Assistant, [new UsageContent(s_usage)]) { ModelId = modelId };
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
        => serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("fake", new Uri("file:///fake"), modelId)
            : serviceType.IsInstanceOfType(this) ? this
            : null;

    public void Dispose()
    {
    }

    private void Keep(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        Messages = [.. messages];
        Options = options;
    }
}

using Microsoft.Extensions.AI;

namespace RetNet.Extensions.Orleans.Tests.Cluster;

/// <summary>Sends a request to the model that <see cref="ChatOptions.ModelId"/> names.</summary>
internal sealed class ModelRouter(Func<string, IChatClient> find) : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        find(options!.ModelId!).GetResponseAsync(messages, options, cancellationToken);

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        find(options!.ModelId!).GetStreamingResponseAsync(messages, options, cancellationToken);

    /// <summary>Says of itself what its models say, so that conversations keep their states.</summary>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        find("retnet-tinystories").GetService(serviceType, serviceKey);

    public void Dispose()
    {
    }
}

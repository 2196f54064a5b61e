using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel.Services;

namespace Microsoft.SemanticKernel.ChatCompletion;

/// <summary>An <see cref="IChatClient"/> seen as an <see cref="IChatCompletionService"/>.</summary>
internal sealed class ChatClientChatCompletionService : IChatCompletionService
{
    private readonly IChatClient _client;

    public ChatClientChatCompletionService(IChatClient client)
    {
        _client = client;
        var metadata = client.GetService<ChatClientMetadata>();
        var attributes = new Dictionary<string, object?>();
        if (metadata?.ProviderUri is { } uri)
            attributes[AIServiceExtensions.EndpointKey] = uri.ToString();
        if (metadata?.DefaultModelId is { } modelId)
            attributes[AIServiceExtensions.ModelIdKey] = modelId;
        Attributes = attributes;
    }

    public IReadOnlyDictionary<string, object?> Attributes { get; }

    public async Task<IReadOnlyList<ChatMessageContent>> GetChatMessageContentsAsync(
        ChatHistory chatHistory,
        PromptExecutionSettings? executionSettings = null,
        Kernel? kernel = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chatHistory);
        var response = await _client.GetResponseAsync(chatHistory.ToChatMessages(), executionSettings.ToChatOptions(kernel), cancellationToken)
            .ConfigureAwait(false);

        var contents = response.Messages.Select(message => message.ToChatMessageContent(response)).ToList();
        chatHistory.AddRange(contents.SkipLast(1));
        return [.. contents.TakeLast(1)];
    }

    public async IAsyncEnumerable<StreamingChatMessageContent> GetStreamingChatMessageContentsAsync(
        ChatHistory chatHistory,
        PromptExecutionSettings? executionSettings = null,
        Kernel? kernel = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chatHistory);
        var updates = _client.GetStreamingResponseAsync(chatHistory.ToChatMessages(), executionSettings.ToChatOptions(kernel), cancellationToken);
        await foreach (var update in updates.ConfigureAwait(false))
            yield return update.ToStreamingChatMessageContent();
    }
}

using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace RetNet.Extensions.SemanticKernel;

/// <summary>Checks and completes settings that the kernel's mapping to the options of a chat client would drop.</summary>
internal sealed class KernelChatCompletionService(IChatCompletionService inner) : IChatCompletionService
{
    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?> Attributes => inner.Attributes;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The format of the answer has a name that is not known.</exception>
    public Task<IReadOnlyList<ChatMessageContent>> GetChatMessageContentsAsync(
        ChatHistory chatHistory, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null,
        CancellationToken cancellationToken = default)
    {
        return inner.GetChatMessageContentsAsync(chatHistory, PromptFileSettings.Read(executionSettings), kernel, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The format of the answer has a name that is not known.</exception>
    public IAsyncEnumerable<StreamingChatMessageContent> GetStreamingChatMessageContentsAsync(
        ChatHistory chatHistory, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null,
        CancellationToken cancellationToken = default)
    {
        return inner.GetStreamingChatMessageContentsAsync(
            chatHistory, PromptFileSettings.Read(executionSettings), kernel, cancellationToken);
    }
}

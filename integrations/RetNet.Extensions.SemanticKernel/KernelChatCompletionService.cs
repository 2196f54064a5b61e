using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using RetNet.Extensions.AI;

namespace RetNet.Extensions.SemanticKernel;

/// <summary>Adds to the kernel's chat completion over a chat client what that leaves out: settings that its mapping would drop, reasoning,
/// plugins of calls, and numbers for the calls of a stream.</summary>
/// <remarks>The kernel's own service gets a copy of the history, because after a stream it adds each call as a message of its own, also
/// calls that the caller adds. The caller's history gets the messages before the answer as the model wrote them, from a stream too, so
/// that the next prompt begins with what the model has read.</remarks>
/// <param name="inner">The kernel's service over a <see cref="KernelChatClient"/>.</param>
internal sealed class KernelChatCompletionService(IChatCompletionService inner) : IChatCompletionService
{
    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?> Attributes => inner.Attributes;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The format of the answer has a name that is not known.</exception>
    public async Task<IReadOnlyList<ChatMessageContent>> GetChatMessageContentsAsync(
        ChatHistory chatHistory, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chatHistory);
        IReadOnlyList<ChatMessageContent> answers = await inner.GetChatMessageContentsAsync(
            KernelMessages.Copy(chatHistory), PromptFileSettings.Read(executionSettings), kernel, cancellationToken).ConfigureAwait(false);
        if (answers is not [{ InnerContent: ChatResponse response }])
            return answers;
        List<ChatMessageContent> messages = KernelMessages.Of(response, new FunctionNames(kernel));
        chatHistory.AddRange(messages.SkipLast(1));
        return [messages[^1]];
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The format of the answer has a name that is not known.</exception>
    public IAsyncEnumerable<StreamingChatMessageContent> GetStreamingChatMessageContentsAsync(
        ChatHistory chatHistory, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chatHistory);
        return StreamAsync(chatHistory, PromptFileSettings.Read(executionSettings), kernel, cancellationToken);
    }

    private async IAsyncEnumerable<StreamingChatMessageContent> StreamAsync(
        ChatHistory chatHistory, PromptExecutionSettings? settings, Kernel? kernel,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<ChatResponseUpdate> updates = [];
        FunctionNames names = new(kernel);
        int calls = 0;
        await foreach (StreamingChatMessageContent part in inner.GetStreamingChatMessageContentsAsync(
            KernelMessages.Copy(chatHistory), settings, kernel, cancellationToken).ConfigureAwait(false))
        {
            calls = KernelMessages.TellCalls(part, calls, names);
            if (part.InnerContent is ChatResponseUpdate update)
            {
                updates.Add(update);
                KernelMessages.AddReasoning(part, update);
            }

            yield return part;
        }

        ChatResponse response = await updates.ToAsyncEnumerable().ToChatResponseWithLogProbsAsync(cancellationToken).ConfigureAwait(false);
        List<ChatMessageContent> messages = KernelMessages.Of(response, names);

        // The answer, which the caller adds. Where a filter has ended the calls, the last result is all that there is to tell.
        ChatMessageContent? last = messages.LastOrDefault();
        if (last?.Role == AuthorRole.Assistant)
            messages.RemoveAt(messages.Count - 1);
        chatHistory.AddRange(messages);
        if (last?.Role == AuthorRole.Tool)
            yield return new StreamingChatMessageContent(last.Role, last.Content, last.InnerContent, modelId: last.ModelId);
    }
}

using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.Services;
using Microsoft.SemanticKernel.TextGeneration;
using RetNet.Extensions.AI;
using TextContent = Microsoft.SemanticKernel.TextContent;

namespace RetNet.Extensions.SemanticKernel;

/// <summary>Continues a prompt as it is, without a chat template.</summary>
/// <remarks>
/// The settings are passed on as a kernel does for chats, see <see cref="RetNetPromptExecutionSettings"/>. The metadata <c>Usage</c> is
/// the <see cref="UsageDetails"/> and <c>FinishReason</c> the reason's name; a stream has both in its last content.
/// </remarks>
public sealed class RetNetTextGenerationService : ITextGenerationService
{
    private readonly RetNetChatClient _client;

    /// <summary>Creates a service.</summary>
    /// <param name="client">The client whose model continues the texts; it stays the caller's.</param>
    public RetNetTextGenerationService(RetNetChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        Attributes =
            new Dictionary<string, object?> { [AIServiceExtensions.ModelIdKey] = client.GetService<ChatClientMetadata>()?.DefaultModelId };
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?> Attributes { get; }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">A setting requires something that the model cannot do.</exception>
    /// <exception cref="ArgumentException">A value has a type that the setting of its name cannot have, or is out of range.</exception>
    public async Task<IReadOnlyList<TextContent>> GetTextContentsAsync(
        string prompt, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null,
        CancellationToken cancellationToken = default)
    {
        ChatOptions? options = PromptFileSettings.Complete(PromptFileSettings.Read(executionSettings).ToChatOptions(kernel));
        ChatResponse response = await _client.ContinueTextAsync(prompt, options, cancellationToken)
            .ToChatResponseWithLogProbsAsync(cancellationToken).ConfigureAwait(false);
        return [new TextContent(response.Text, response.ModelId, response, metadata: Metadata(response.Usage, response.FinishReason))];
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">A setting requires something that the model cannot do.</exception>
    /// <exception cref="ArgumentException">A value has a type that the setting of its name cannot have, or is out of range.</exception>
    public async IAsyncEnumerable<StreamingTextContent> GetStreamingTextContentsAsync(
        string prompt,
        PromptExecutionSettings? executionSettings = null,
        Kernel? kernel = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ChatOptions? options = PromptFileSettings.Complete(PromptFileSettings.Read(executionSettings).ToChatOptions(kernel));
        IAsyncEnumerable<ChatResponseUpdate> updates = _client.ContinueTextAsync(prompt, options, cancellationToken);
        await foreach (ChatResponseUpdate update in updates.ConfigureAwait(false))
        {
            UsageDetails? usage = update.Contents.OfType<UsageContent>().FirstOrDefault()?.Details;
            yield return new StreamingTextContent(
                update.Text, modelId: update.ModelId, innerContent: update, metadata: Metadata(usage, update.FinishReason));
        }
    }

    private static Dictionary<string, object?>? Metadata(UsageDetails? usage, ChatFinishReason? finishReason)
        => usage is null && finishReason is null
            ? null
            : new Dictionary<string, object?> { ["Usage"] = usage, ["FinishReason"] = finishReason?.Value };
}

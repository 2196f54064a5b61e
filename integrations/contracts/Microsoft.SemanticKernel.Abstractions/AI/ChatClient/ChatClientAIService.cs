using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel.Services;

namespace Microsoft.SemanticKernel.ChatCompletion;

/// <summary>Lets the service selector hand a registered <see cref="IChatClient"/> to a prompt function.</summary>
internal sealed class ChatClientAIService : DelegatingChatClient, IAIService
{
    public ChatClientAIService(IChatClient client)
        : base(client)
    {
        var metadata = client.GetService<ChatClientMetadata>();
        ArgumentNullException.ThrowIfNull(metadata);
        Attributes = new Dictionary<string, object?>
        {
            [AIServiceExtensions.ModelIdKey] = metadata.DefaultModelId,
            [nameof(metadata.ProviderName)] = metadata.ProviderName,
            [nameof(metadata.ProviderUri)] = metadata.ProviderUri,
        };
    }

    public IReadOnlyDictionary<string, object?> Attributes { get; }
}

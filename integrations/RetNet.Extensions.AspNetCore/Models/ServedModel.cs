using Microsoft.Extensions.AI;
using RetNet.Extensions.AspNetCore.Errors;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.AspNetCore.Models;

/// <summary>A model that the host serves under a name.</summary>
/// <param name="Id">The name.</param>
internal sealed record ServedModel(string Id)
{
    /// <summary>Answers chats; null if the model does not.</summary>
    public IChatClient? Chat { get; init; }

    /// <summary>Embeds texts; null if the model does not.</summary>
    public IEmbeddingGenerator<string, Embedding<float>>? Embeddings { get; init; }

    /// <summary>The model behind the clients if it is one of ours; null otherwise.</summary>
    public SharedModel? Shared => Chat?.GetService<SharedModel>() ?? Embeddings?.GetService<SharedModel>();

    /// <summary>Waits until the model behind the clients is loaded, if it is one of ours.</summary>
    /// <exception cref="InvalidOperationException">It cannot be loaded, which is no fault of the request.</exception>
    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Shared is { } shared)
                await shared.GetAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new InvalidOperationException($"Model '{Id}' cannot be loaded: {exception.Message}", exception);
        }
    }

    /// <summary>Who provides it, such as <c>retnet</c>; null if it does not say.</summary>
    public string? Provider => Chat?.GetService<ChatClientMetadata>()?.ProviderName
        ?? Embeddings?.GetService<EmbeddingGeneratorMetadata>()?.ProviderName;

    /// <summary>As <see cref="LoadAsync"/>, for a request that needs the chat template.</summary>
    /// <exception cref="OpenAIException">The model has none: 400.</exception>
    public async ValueTask LoadForChatsAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken).ConfigureAwait(false);
        if (Shared is { Loaded.ChatTemplate: null })
        {
            throw OpenAIException.Invalid(
                $"The model '{Id}' has no chat template, so that it answers no chats; expected another model, or /completions.", "model",
                "model_not_supported");
        }
    }
}

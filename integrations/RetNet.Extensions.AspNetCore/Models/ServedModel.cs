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

    /// <summary>The model that answers chats if it is one of ours; null otherwise.</summary>
    public SharedModel? ChatModel => Chat?.GetService<SharedModel>();

    /// <summary>The model that embeds texts if it is one of ours; null otherwise. It may be another than
    /// <see cref="ChatModel"/>.</summary>
    public SharedModel? EmbeddingModel => Embeddings?.GetService<SharedModel>();

    /// <summary>Those of the models that are ours, each once.</summary>
    public IEnumerable<SharedModel> OwnModels => ((SharedModel?[])[ChatModel, EmbeddingModel]).OfType<SharedModel>().Distinct();

    /// <summary>Waits until a model is loaded.</summary>
    /// <param name="model">One of <see cref="OwnModels"/>; null does nothing.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <exception cref="InvalidOperationException">It cannot be loaded, which is no fault of the request.</exception>
    public async ValueTask LoadAsync(SharedModel? model, CancellationToken cancellationToken)
    {
        try
        {
            if (model is not null)
                await model.GetAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new InvalidOperationException($"Model '{Id}' cannot be loaded: {exception.Message}", exception);
        }
    }

    /// <summary>Who provides it, such as <c>retnet</c>; null if it does not say.</summary>
    public string? Provider => Chat?.GetService<ChatClientMetadata>()?.ProviderName
        ?? Embeddings?.GetService<EmbeddingGeneratorMetadata>()?.ProviderName;

    /// <summary>Waits until <see cref="ChatModel"/> is loaded, for a request that needs the chat template.</summary>
    /// <exception cref="OpenAIException">The model has none: 400.</exception>
    public async ValueTask LoadForChatsAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(ChatModel, cancellationToken).ConfigureAwait(false);
        if (ChatModel is { Loaded.ChatTemplate: null })
        {
            throw OpenAIException.Invalid(
                $"The model '{Id}' has no chat template, so that it answers no chats; expected another model, or /completions.", "model",
                "model_not_supported");
        }
    }
}

using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.TextGeneration;
using RetNet.Extensions.DependencyInjection;

namespace Microsoft.SemanticKernel;

/// <summary>Registers the services of RetNets and multi-state Transformers with a kernel, as the methods of the same names do with its
/// services.</summary>
public static class RetNetSemanticKernelBuilderExtensions
{
    /// <summary>Registers an <see cref="IChatCompletionService"/> for a model that <c>AddRetNet</c> registered.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="modelName">The name of the model; null for the default model.</param>
    /// <param name="serviceId">The key of the service; null for the default service.</param>
    /// <returns>The builder.</returns>
    public static IKernelBuilder AddRetNetChatCompletion(this IKernelBuilder builder, string? modelName = null, string? serviceId = null)
        => builder.With(services => services.AddRetNetChatCompletion(modelName, serviceId));

    /// <summary>Registers a model, named like the service, and an <see cref="IChatCompletionService"/> for it.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="configureModel">Sets the model's options, at least <see cref="RetNetOptions.ModelPath"/>.</param>
    /// <param name="serviceId">The name of the model and the key of the service; null for the defaults.</param>
    /// <returns>The builder.</returns>
    public static IKernelBuilder AddRetNetChatCompletion(
        this IKernelBuilder builder, Action<RetNetOptions> configureModel, string? serviceId = null)
        => builder.With(services => services.AddRetNetChatCompletion(configureModel, serviceId));

    /// <summary>Registers a model, named like the service, and an <see cref="IChatCompletionService"/> for it.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="modelSection">The configuration section with the model's options.</param>
    /// <param name="serviceId">The name of the model and the key of the service; null for the defaults.</param>
    /// <returns>The builder.</returns>
    public static IKernelBuilder AddRetNetChatCompletion(this IKernelBuilder builder, IConfiguration modelSection, string? serviceId = null)
        => builder.With(services => services.AddRetNetChatCompletion(modelSection, serviceId));

    /// <summary>Registers an <see cref="ITextGenerationService"/>, which uses no chat template, for a model that <c>AddRetNet</c>
    /// registered.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="modelName">The name of the model; null for the default model.</param>
    /// <param name="serviceId">The key of the service; null for the default service.</param>
    /// <returns>The builder.</returns>
    public static IKernelBuilder AddRetNetTextGeneration(this IKernelBuilder builder, string? modelName = null, string? serviceId = null)
        => builder.With(services => services.AddRetNetTextGeneration(modelName, serviceId));

    /// <summary>Registers a model, named like the service, and an <see cref="ITextGenerationService"/>, which uses no chat template for
    /// it.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="configureModel">Sets the model's options, at least <see cref="RetNetOptions.ModelPath"/>.</param>
    /// <param name="serviceId">The name of the model and the key of the service; null for the defaults.</param>
    /// <returns>The builder.</returns>
    public static IKernelBuilder AddRetNetTextGeneration(
        this IKernelBuilder builder, Action<RetNetOptions> configureModel, string? serviceId = null)
        => builder.With(services => services.AddRetNetTextGeneration(configureModel, serviceId));

    /// <summary>Registers a model, named like the service, and an <see cref="ITextGenerationService"/>, which uses no chat template for
    /// it.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="modelSection">The configuration section with the model's options.</param>
    /// <param name="serviceId">The name of the model and the key of the service; null for the defaults.</param>
    /// <returns>The builder.</returns>
    public static IKernelBuilder AddRetNetTextGeneration(this IKernelBuilder builder, IConfiguration modelSection, string? serviceId = null)
        => builder.With(services => services.AddRetNetTextGeneration(modelSection, serviceId));

    /// <summary>Registers an <see cref="IChatClient"/> for a model that <c>AddRetNet</c> registered.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="modelName">The name of the model; null for the default model.</param>
    /// <param name="serviceId">The key of the service; null for the default service.</param>
    /// <returns>The builder.</returns>
    public static IKernelBuilder AddRetNetChatClient(this IKernelBuilder builder, string? modelName = null, string? serviceId = null)
        => builder.With(services => services.AddRetNetClient(modelName, serviceId).AddKeyedSingleton(
            serviceId, (provider, _) => RetNetSemanticKernelServiceCollectionExtensions.CreateKernelChatClient(provider, serviceId)));

    /// <summary>Registers a model, named like the service, and an <see cref="IChatClient"/> for it.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="configureModel">Sets the model's options, at least <see cref="RetNetOptions.ModelPath"/>.</param>
    /// <param name="serviceId">The name of the model and the key of the service; null for the defaults.</param>
    /// <returns>The builder.</returns>
    public static IKernelBuilder AddRetNetChatClient(
        this IKernelBuilder builder, Action<RetNetOptions> configureModel, string? serviceId = null)
        => builder.With(services => services.AddRetNet(serviceId, configureModel)).AddRetNetChatClient(modelName: serviceId, serviceId);

    /// <summary>Registers a model, named like the service, and an <see cref="IChatClient"/> for it.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="modelSection">The configuration section with the model's options.</param>
    /// <param name="serviceId">The name of the model and the key of the service; null for the defaults.</param>
    /// <returns>The builder.</returns>
    public static IKernelBuilder AddRetNetChatClient(this IKernelBuilder builder, IConfiguration modelSection, string? serviceId = null)
        => builder.With(services => services.AddRetNet(serviceId, modelSection)).AddRetNetChatClient(modelName: serviceId, serviceId);

    /// <summary>Registers an <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> for a model that <c>AddRetNet</c> registered.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="modelName">The name of the model; null for the default model.</param>
    /// <param name="serviceId">The key of the service; null for the default service.</param>
    /// <returns>The builder.</returns>
    public static IKernelBuilder AddRetNetEmbeddingGenerator(
        this IKernelBuilder builder, string? modelName = null, string? serviceId = null)
        => builder.With(services => services.AddRetNetEmbeddingGenerator(modelName, serviceId));

    /// <summary>Registers a model, named like the service, and an <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> for it.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="configureModel">Sets the model's options, at least <see cref="RetNetOptions.ModelPath"/>.</param>
    /// <param name="serviceId">The name of the model and the key of the service; null for the defaults.</param>
    /// <returns>The builder.</returns>
    public static IKernelBuilder AddRetNetEmbeddingGenerator(
        this IKernelBuilder builder, Action<RetNetOptions> configureModel, string? serviceId = null)
        => builder.With(services => services.AddRetNetEmbeddingGenerator(configureModel, serviceId));

    /// <summary>Registers a model, named like the service, and an <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> for it.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="modelSection">The configuration section with the model's options.</param>
    /// <param name="serviceId">The name of the model and the key of the service; null for the defaults.</param>
    /// <returns>The builder.</returns>
    public static IKernelBuilder AddRetNetEmbeddingGenerator(
        this IKernelBuilder builder, IConfiguration modelSection, string? serviceId = null)
        => builder.With(services => services.AddRetNetEmbeddingGenerator(modelSection, serviceId));

    private static IKernelBuilder With(this IKernelBuilder builder, Action<IServiceCollection> register)
    {
        ArgumentNullException.ThrowIfNull(builder);
        register(builder.Services);
        return builder;
    }
}

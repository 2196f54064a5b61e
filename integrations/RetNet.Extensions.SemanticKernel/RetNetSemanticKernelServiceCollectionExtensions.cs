using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.TextGeneration;
using RetNet.Extensions.AI;
using RetNet.Extensions.DependencyInjection;
using RetNet.Extensions.SemanticKernel;

namespace Microsoft.SemanticKernel;

/// <summary>Registers Semantic Kernel services for RetNets and multi-state Transformers.</summary>
/// <remarks>
/// Each is a singleton, keyed by its service id; a null id registers the default service, without a key. All services of one id share one
/// <see cref="RetNetChatClient"/>, and all clients of one model its weights. The model is loaded by the first request. Chat services call
/// the functions of a kernel's plugins themselves, as the settings' <see cref="FunctionChoiceBehavior"/> says; filters see each call.
/// </remarks>
public static class RetNetSemanticKernelServiceCollectionExtensions
{
    /// <summary>Registers an <see cref="IChatCompletionService"/> for a model that <c>AddRetNet</c> registered.</summary>
    /// <param name="services">The services.</param>
    /// <param name="modelName">The name of the model; null for the default model.</param>
    /// <param name="serviceId">The key of the service; null for the default service.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNetChatCompletion(
        this IServiceCollection services, string? modelName = null, string? serviceId = null)
        => services.AddRetNetClient(modelName, serviceId).AddKeyedSingleton<IChatCompletionService>(
            serviceId, (provider, _) => new KernelChatCompletionService(
                CreateKernelChatClient(provider, serviceId).AsChatCompletionService(provider)));

    /// <summary>Registers a model, named like the service, and an <see cref="IChatCompletionService"/> for it.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configureModel">Sets the model's options, at least <see cref="RetNetOptions.ModelPath"/>.</param>
    /// <param name="serviceId">The name of the model and the key of the service; null for the defaults.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNetChatCompletion(
        this IServiceCollection services, Action<RetNetOptions> configureModel, string? serviceId = null)
        => services.AddRetNet(serviceId, configureModel).AddRetNetChatCompletion(modelName: serviceId, serviceId);

    /// <summary>Registers a model, named like the service, and an <see cref="IChatCompletionService"/> for it.</summary>
    /// <param name="services">The services.</param>
    /// <param name="modelSection">The configuration section with the model's options.</param>
    /// <param name="serviceId">The name of the model and the key of the service; null for the defaults.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNetChatCompletion(
        this IServiceCollection services, IConfiguration modelSection, string? serviceId = null)
        => services.AddRetNet(serviceId, modelSection).AddRetNetChatCompletion(modelName: serviceId, serviceId);

    /// <summary>Registers an <see cref="ITextGenerationService"/>, which uses no chat template, for a model that <c>AddRetNet</c>
    /// registered.</summary>
    /// <param name="services">The services.</param>
    /// <param name="modelName">The name of the model; null for the default model.</param>
    /// <param name="serviceId">The key of the service; null for the default service.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNetTextGeneration(
        this IServiceCollection services, string? modelName = null, string? serviceId = null)
        => services.AddRetNetClient(modelName, serviceId).AddKeyedSingleton<ITextGenerationService>(
            serviceId, (provider, _) => new RetNetTextGenerationService(provider.GetRequiredKeyedService<RetNetChatClient>(serviceId)));

    /// <summary>Registers a model, named like the service, and an <see cref="ITextGenerationService"/> for it.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configureModel">Sets the model's options, at least <see cref="RetNetOptions.ModelPath"/>.</param>
    /// <param name="serviceId">The name of the model and the key of the service; null for the defaults.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNetTextGeneration(
        this IServiceCollection services, Action<RetNetOptions> configureModel, string? serviceId = null)
        => services.AddRetNet(serviceId, configureModel).AddRetNetTextGeneration(modelName: serviceId, serviceId);

    /// <summary>Registers a model, named like the service, and an <see cref="ITextGenerationService"/> for it.</summary>
    /// <param name="services">The services.</param>
    /// <param name="modelSection">The configuration section with the model's options.</param>
    /// <param name="serviceId">The name of the model and the key of the service; null for the defaults.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNetTextGeneration(
        this IServiceCollection services, IConfiguration modelSection, string? serviceId = null)
        => services.AddRetNet(serviceId, modelSection).AddRetNetTextGeneration(modelName: serviceId, serviceId);

    /// <summary>The chat client of a service id as a kernel sees it, with the calls of plugins' functions made as
    /// <see cref="FunctionChoiceBehavior"/> says.</summary>
    internal static IChatClient CreateKernelChatClient(IServiceProvider provider, string? serviceId)
        => provider.GetRequiredKeyedService<RetNetChatClient>(serviceId).AsBuilder().UseRetNetKernel().Build(provider);
}

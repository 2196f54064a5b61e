using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RetNet.Extensions.AI;
using RetNet.Extensions.DependencyInjection;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers chat clients and embedding generators for RetNets and multi-state Transformers.</summary>
/// <remarks>
/// Each is a singleton, keyed by its service id; a null id registers the default service, without a key. Beside the interface the class
/// itself is registered. The named options <see cref="RetNetChatClientOptions"/> and <see cref="RetNetEmbeddingOptions"/> of the service id
/// apply. The model is loaded by the first request.
/// </remarks>
public static class RetNetAIServiceCollectionExtensions
{
    /// <summary>Registers an <see cref="IChatClient"/> for a model that <c>AddRetNet</c> registered.</summary>
    /// <param name="services">The services.</param>
    /// <param name="modelName">The name of the model; null for the default model.</param>
    /// <param name="serviceId">The key of the client; null for the default client.</param>
    /// <returns>A builder that adds clients around it, such as function invocation, to the registered service.</returns>
    /// <exception cref="InvalidOperationException">The service id is registered for another model already.</exception>
    public static ChatClientBuilder AddRetNetChatClient(
        this IServiceCollection services, string? modelName = null, string? serviceId = null)
    {
        services.AddRetNetClient(modelName, serviceId);
        return serviceId is null
            ? services.AddChatClient(provider => provider.GetRequiredService<RetNetChatClient>())
            : services.AddKeyedChatClient(serviceId, provider => provider.GetRequiredKeyedService<RetNetChatClient>(serviceId));
    }

    /// <summary>Registers a model, named like the service, and an <see cref="IChatClient"/> for it.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configureModel">Sets the model's options, at least <see cref="RetNetOptions.ModelPath"/>.</param>
    /// <param name="serviceId">The name of the model and the key of the client; null for the defaults.</param>
    /// <returns>A builder that adds clients around it, such as function invocation, to the registered service.</returns>
    public static ChatClientBuilder AddRetNetChatClient(
        this IServiceCollection services, Action<RetNetOptions> configureModel, string? serviceId = null) =>
        services.AddRetNet(serviceId, configureModel).AddRetNetChatClient(modelName: serviceId, serviceId);

    /// <summary>Registers a model, named like the service, and an <see cref="IChatClient"/> for it.</summary>
    /// <param name="services">The services.</param>
    /// <param name="modelSection">The configuration section with the model's options.</param>
    /// <param name="serviceId">The name of the model and the key of the client; null for the defaults.</param>
    /// <returns>A builder that adds clients around it, such as function invocation, to the registered service.</returns>
    public static ChatClientBuilder AddRetNetChatClient(
        this IServiceCollection services, IConfiguration modelSection, string? serviceId = null) =>
        services.AddRetNet(serviceId, modelSection).AddRetNetChatClient(modelName: serviceId, serviceId);

    /// <summary>Registers the <see cref="RetNetChatClient"/> of a service id, which all services of that id share, without registering it
    /// as an <see cref="IChatClient"/>: for adapters to the interfaces of other frameworks.</summary>
    /// <param name="services">The services.</param>
    /// <param name="modelName">The name of the model; null for the default model.</param>
    /// <param name="serviceId">The key of the client; null for the default client.</param>
    /// <returns>The services.</returns>
    /// <exception cref="InvalidOperationException">The service id is registered for another model already.</exception>
    public static IServiceCollection AddRetNetClient(this IServiceCollection services, string? modelName, string? serviceId)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (!services.BeginsModel(typeof(RetNetChatClient), serviceId, modelName))
            return services;

        // Before all others, which override it.
        services.Insert(0, ServiceDescriptor.Transient<IConfigureOptions<RetNetChatClientOptions>>(provider =>
            new ConfigureNamedOptions<RetNetChatClientOptions>(serviceId ?? Options.Options.DefaultName,
                client => Apply(provider.GetRequiredService<IOptionsMonitor<RetNetOptions>>(), modelName, client))));
        services.AddOptionsWithValidateOnStart<RetNetChatClientOptions>(serviceId)
            .Validate(client => client.MaxConversations >= 0,
                $"{nameof(RetNetChatClientOptions.MaxConversations)} is negative; expected 0 (nothing is kept) or more.")
            .Validate(client => client.MaxConversationStateBytes >= 0,
                $"{nameof(RetNetChatClientOptions.MaxConversationStateBytes)} is negative; expected 0 (no state is kept) or more.");
        services.TryAddKeyedSingleton(serviceId, (provider, _) => new RetNetChatClient(
            FindModel(provider, modelName), provider.GetRequiredService<IOptionsMonitor<RetNetChatClientOptions>>().Get(serviceId),
            provider.GetService<ILogger<RetNetChatClient>>()));
        return services;
    }

    /// <summary>Registers an <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> for a model that <c>AddRetNet</c> registered.</summary>
    /// <param name="services">The services.</param>
    /// <param name="modelName">The name of the model; null for the default model.</param>
    /// <param name="serviceId">The key of the generator; null for the default generator.</param>
    /// <returns>The services.</returns>
    /// <exception cref="InvalidOperationException">The service id is registered for another model already.</exception>
    public static IServiceCollection AddRetNetEmbeddingGenerator(
        this IServiceCollection services, string? modelName = null, string? serviceId = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.BeginsModel(typeof(RetNetEmbeddingGenerator), serviceId, modelName);
        services.AddOptions<RetNetEmbeddingOptions>(serviceId);
        services.TryAddKeyedSingleton(serviceId, (provider, _) => new RetNetEmbeddingGenerator(
            FindModel(provider, modelName), provider.GetRequiredService<IOptionsMonitor<RetNetEmbeddingOptions>>().Get(serviceId),
            provider.GetService<ILogger<RetNetEmbeddingGenerator>>()));
        services.AddKeyedSingleton<IEmbeddingGenerator<string, Embedding<float>>>(
            serviceId, (provider, _) => provider.GetRequiredKeyedService<RetNetEmbeddingGenerator>(serviceId));
        return services;
    }

    /// <summary>Registers a model, named like the service, and an <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> for it.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configureModel">Sets the model's options, at least <see cref="RetNetOptions.ModelPath"/>.</param>
    /// <param name="serviceId">The name of the model and the key of the generator; null for the defaults.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNetEmbeddingGenerator(
        this IServiceCollection services, Action<RetNetOptions> configureModel, string? serviceId = null) =>
        services.AddRetNet(serviceId, configureModel).AddRetNetEmbeddingGenerator(modelName: serviceId, serviceId);

    /// <summary>Registers a model, named like the service, and an <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> for it.</summary>
    /// <param name="services">The services.</param>
    /// <param name="modelSection">The configuration section with the model's options.</param>
    /// <param name="serviceId">The name of the model and the key of the generator; null for the defaults.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNetEmbeddingGenerator(
        this IServiceCollection services, IConfiguration modelSection, string? serviceId = null) =>
        services.AddRetNet(serviceId, modelSection).AddRetNetEmbeddingGenerator(modelName: serviceId, serviceId);

    private static void Apply(IOptionsMonitor<RetNetOptions> models, string? modelName, RetNetChatClientOptions client)
    {
        RetNetOptions model;
        try
        {
            model = models.Get(modelName);
        }
        catch (OptionsValidationException)
        {
            // The options of the model are validated themselves, at start too.
            return;
        }

        client.RememberConversations = model.RememberConversations ?? client.RememberConversations;
        client.MaxConversations = model.MaxConversations ?? client.MaxConversations;
        client.RefuseLongPrompts = model.RefuseLongPrompts ?? client.RefuseLongPrompts;
    }

    /// <summary>Whether this is the first registration of an id. All services of an id share one client, so that a second model under the
    /// id is refused, which would silently not be used.</summary>
    private static bool BeginsModel(this IServiceCollection services, Type service, string? serviceId, string? modelName)
    {
        ServiceRegistration? earlier = services
            .Select(descriptor => descriptor.IsKeyedService ? null : descriptor.ImplementationInstance as ServiceRegistration)
            .FirstOrDefault(registration => registration?.Service == service && registration.ServiceId == serviceId);
        if (earlier is null)
        {
            services.AddSingleton(new ServiceRegistration(service, serviceId, modelName));
            return true;
        }

        if (earlier.ModelName != modelName)
        {
            throw new InvalidOperationException($"The {Describe("service id", serviceId)} is registered for the "
                + $"{Describe("model", earlier.ModelName)}, and now for the {Describe("model", modelName)}; expected one model for an id.");
        }

        return false;
    }

    private static string Describe(string what, string? name) => name is null ? $"default {what}" : $"{what} '{name}'";

    private static SharedModel FindModel(IServiceProvider provider, string? name) => provider.GetKeyedService<SharedModel>(name)
        ?? throw new InvalidOperationException(name is null
            ? "There is no default RetNet model; services.AddRetNet(modelPath) registers it."
            : $"There is no RetNet model named '{name}'; services.AddRetNet(\"{name}\", modelPath) registers it.");
}

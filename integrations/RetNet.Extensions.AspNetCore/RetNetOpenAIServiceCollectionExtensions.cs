using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RetNet.Extensions.AspNetCore;
using RetNet.Extensions.AspNetCore.Chat;
using RetNet.Extensions.AspNetCore.Completions;
using RetNet.Extensions.AspNetCore.Embeddings;
using RetNet.Extensions.AspNetCore.Health;
using RetNet.Extensions.AspNetCore.Models;
using RetNet.Extensions.AspNetCore.Requests;
using RetNet.Extensions.AspNetCore.Responses;
using RetNet.Extensions.AspNetCore.Security;
using RetNet.Extensions.AspNetCore.Telemetry;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the OpenAI-compatible host.</summary>
public static class RetNetOpenAIServiceCollectionExtensions
{
    /// <summary>Registers what <c>app.MapRetNetOpenAI()</c> maps. Served is every <see cref="AI.IChatClient"/> and
    /// <see cref="AI.IEmbeddingGenerator{TInput, TEmbedding}"/> of texts that is registered as a singleton: under its key, or without a key
    /// under the name of its model. RetNet models are loaded when the host starts, in the background.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options, after the configuration section <see cref="RetNetOpenAIOptions.Section"/>.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNetOpenAI(this IServiceCollection services, Action<RetNetOpenAIOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.All(descriptor => descriptor.ServiceType != typeof(RegisteredServices)))
            services.AddHost();
        if (configure is not null)
            services.Configure(configure);
        return services;
    }

    private static void AddHost(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<RetNetOpenAIOptions>();
        services.AddSingleton<IConfigureOptions<RetNetOpenAIOptions>>(provider => new ConfigureOptions<RetNetOpenAIOptions>(
            bound => provider.GetService<IConfiguration>()?.GetSection(RetNetOpenAIOptions.Section).Bind(bound)));
        services.AddSingleton<IValidateOptions<RetNetOpenAIOptions>, RetNetOpenAIOptionsValidator>();
        services.AddSingleton(new RegisteredServices(services));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<AccessCheck>();
        services.AddSingleton<IHostedService, AddressCheck>();
        services.AddSingleton<OpenAIGate>();
        services.AddMetrics();
        services.AddSingleton<ServerTelemetry>();
        services.AddSingleton<ServedModels>();
        services.AddSingleton<ModelLoader>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<ModelLoader>());
        services.AddSingleton<ModelsEndpoint>();
        services.AddSingleton<ChatEndpoint>();
        services.AddResponses();
        services.AddSingleton<CompletionsEndpoint>();
        services.AddSingleton<EmbeddingsEndpoint>();
        services.AddSingleton<HealthEndpoint>();
        services.AddHealthChecks().AddCheck<ServedModelsHealthCheck>(
            ServedModelsHealthCheck.Name, tags: [ServedModelsHealthCheck.ReadyTag]);
    }
}

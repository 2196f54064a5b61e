using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.DependencyInjection;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers language models.</summary>
/// <remarks>
/// A model is a singleton <see cref="SharedModel"/>, keyed by its name; a null name registers the default model, without a key. Its options
/// are named options, validated when a host starts, or without a host when the model is first used. A host does not start if there is no
/// model at its path, either; the weights are not read for that. Registering a name again adds to its options; another
/// <see cref="RetNetOptions.ModelPath"/> under the name is an error. Code that uses Core directly may also resolve the
/// <see cref="TextModel"/>: as a container resolves without waiting asynchronously, the resolving thread is blocked until the model is
/// loaded, unless <see cref="SharedModel.GetAsync"/> loaded it before.
/// </remarks>
public static class RetNetServiceCollectionExtensions
{
    /// <summary>Registers the default model.</summary>
    /// <param name="services">The services.</param>
    /// <param name="modelPath">The model's Hugging Face folder or .gguf file.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNet(this IServiceCollection services, string modelPath) =>
        services.AddRetNet(name: null, modelPath);

    /// <summary>Registers a model by its path.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name of the model; null for the default model.</param>
    /// <param name="modelPath">The model's Hugging Face folder or .gguf file.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNet(this IServiceCollection services, string? name, string modelPath)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(modelPath);
        return services.AddRetNet(name, options => options.ModelPath = modelPath);
    }

    /// <summary>Registers the default model.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNet(this IServiceCollection services, Action<RetNetOptions> configure) =>
        services.AddRetNet(name: null, configure);

    /// <summary>Registers a model.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name of the model; null for the default model.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNet(this IServiceCollection services, string? name, Action<RetNetOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddModel(name, options => options.Configure(configure));
    }

    /// <summary>Registers the default model.</summary>
    /// <param name="services">The services.</param>
    /// <param name="section">The configuration section whose keys are the properties of <see cref="RetNetOptions"/>; another key is an
    /// error.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNet(this IServiceCollection services, IConfiguration section) =>
        services.AddRetNet(name: null, section);

    /// <summary>Registers a model.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name of the model; null for the default model.</param>
    /// <param name="section">The configuration section whose keys are the properties of <see cref="RetNetOptions"/>; another key is an
    /// error.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRetNet(this IServiceCollection services, string? name, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return services.AddModel(name, options =>
        {
            services.AddSingleton<IOptionsChangeTokenSource<RetNetOptions>>(
                new ConfigurationChangeTokenSource<RetNetOptions>(options.Name, section));
            options.Configure(bound => ModelSection.Bind(section, options.Name, bound));
        });
    }

    private static IServiceCollection AddModel(
        this IServiceCollection services, string? name, Action<OptionsBuilder<RetNetOptions>> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RetNetOptions>, RetNetOptionsValidator>());
        services.TryAddKeyedSingleton(name, (provider, _) => CreateModel(provider, name));
        services.TryAddKeyedSingleton(name, (provider, _) => LoadedModel(provider, name).TextModel);
        services.AddOptionsWithValidateOnStart<ModelFiles, ModelFilesValidator>(name);
        OptionsBuilder<RetNetOptions> options = services.AddOptionsWithValidateOnStart<RetNetOptions>(name);
        options.Configure<IServiceProvider>(
            (model, provider) => model.ContentRoot = provider.GetService<IHostEnvironment>()?.ContentRootPath);
        options.Configure(model => model.BeginRegistration());
        configure(options);
        options.Configure(model => model.EndRegistration());
        return services;
    }

#pragma warning disable RS0030 // A container creates services synchronously.
    private static LoadedModel LoadedModel(IServiceProvider provider, string? name) =>
        provider.GetRequiredKeyedService<SharedModel>(name).GetAsync().AsTask().GetAwaiter().GetResult();
#pragma warning restore RS0030

    private static SharedModel CreateModel(IServiceProvider provider, string? name) => new(
        provider.GetRequiredService<IOptionsMonitor<RetNetOptions>>().Get(name),
        provider.GetService<ILogger<SharedModel>>())
    { Budget = provider.GetService<MemoryBudget>() };
}

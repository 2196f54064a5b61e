using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.SemanticKernel.Services;

namespace Microsoft.SemanticKernel;

public sealed class Kernel
{
    /// <summary>
    /// Service key of the map from a service type to the keys it is registered with, which the builder adds: the container cannot list them.
    /// </summary>
    internal const string KernelServiceTypeToKeyMappings = nameof(KernelServiceTypeToKeyMappings);

    public Kernel(IServiceProvider? services = null, KernelPluginCollection? plugins = null)
    {
        Services = services ?? EmptyServiceProvider.Instance;
        Plugins = plugins ?? Services.GetService<KernelPluginCollection>() ?? new KernelPluginCollection(Services.GetServices<KernelPlugin>());
    }

    public IServiceProvider Services { get; }

    public KernelPluginCollection Plugins { get; }

    public IDictionary<string, object?> Data { get; private init; } = new Dictionary<string, object?>();

    [AllowNull]
    public CultureInfo Culture
    {
        get;
        set => field = value ?? CultureInfo.InvariantCulture;
    } = CultureInfo.InvariantCulture;

    public ILoggerFactory LoggerFactory => Services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;

    public IAIServiceSelector ServiceSelector => Services.GetService<IAIServiceSelector>() ?? OrderedAIServiceSelector.Instance;

    public static IKernelBuilder CreateBuilder() => new KernelBuilder(new ServiceCollection(), allowBuild: true);

    public Kernel Clone() => new(Services, new KernelPluginCollection(Plugins))
    {
        Data = new Dictionary<string, object?>(Data),
        Culture = Culture,
    };

    public T GetRequiredService<T>(object? serviceKey = null) where T : class
    {
        T? service = serviceKey is not null
            ? Services.GetKeyedService<T>(serviceKey)
            : Services.GetService<T>() ?? GetAllServices<T>().LastOrDefault();
        if (service is not null)
            return service;

        throw new KernelException(serviceKey is null
            ? $"Service of type '{typeof(T)}' not registered."
            : $"Service of type '{typeof(T)}' and key '{serviceKey}' not registered.");
    }

    public IEnumerable<T> GetAllServices<T>() where T : class
    {
        var keys = (Services as IKeyedServiceProvider)?.GetKeyedService<Dictionary<Type, HashSet<object?>>>(KernelServiceTypeToKeyMappings);
        if (keys is null)
            return Services.GetServices<T>();
        return keys.TryGetValue(typeof(T), out var keysOfType) ? keysOfType.SelectMany(Services.GetKeyedServices<T>) : [];
    }

    public Task<FunctionResult> InvokeAsync(KernelFunction function, KernelArguments? arguments = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return function.InvokeAsync(this, arguments, cancellationToken);
    }

    public Task<FunctionResult> InvokeAsync(
        string? pluginName, string functionName, KernelArguments? arguments = null, CancellationToken cancellationToken = default)
        => InvokeAsync(Find(pluginName, functionName), arguments, cancellationToken);

    public async Task<TResult?> InvokeAsync<TResult>(
        KernelFunction function, KernelArguments? arguments = null, CancellationToken cancellationToken = default)
        => (await InvokeAsync(function, arguments, cancellationToken).ConfigureAwait(false)).GetValue<TResult>();

    public async Task<TResult?> InvokeAsync<TResult>(
        string? pluginName, string functionName, KernelArguments? arguments = null, CancellationToken cancellationToken = default)
        => (await InvokeAsync(pluginName, functionName, arguments, cancellationToken).ConfigureAwait(false)).GetValue<TResult>();

    public IAsyncEnumerable<StreamingKernelContent> InvokeStreamingAsync(
        KernelFunction function, KernelArguments? arguments = null, CancellationToken cancellationToken = default)
        => InvokeStreamingAsync<StreamingKernelContent>(function, arguments, cancellationToken);

    public IAsyncEnumerable<StreamingKernelContent> InvokeStreamingAsync(
        string? pluginName, string functionName, KernelArguments? arguments = null, CancellationToken cancellationToken = default)
        => InvokeStreamingAsync<StreamingKernelContent>(Find(pluginName, functionName), arguments, cancellationToken);

    public IAsyncEnumerable<T> InvokeStreamingAsync<T>(
        KernelFunction function, KernelArguments? arguments = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return function.InvokeStreamingAsync<T>(this, arguments, cancellationToken);
    }

    private KernelFunction Find(string? pluginName, string functionName)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(functionName);
        return Plugins.GetFunction(pluginName, functionName);
    }
}

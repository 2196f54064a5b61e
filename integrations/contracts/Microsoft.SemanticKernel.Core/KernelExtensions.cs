using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.SemanticKernel;

public static class KernelExtensions
{
    public static Kernel Build(this IKernelBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder is KernelBuilder { AllowBuild: false })
        {
            throw new InvalidOperationException(
                "Build is not permitted on instances returned from AddKernel. Resolve the Kernel from the service provider.");
        }

        if (builder.Services.Count == 0)
            return new Kernel();

        var keys = new Dictionary<Type, HashSet<object?>>();
        foreach (var service in builder.Services)
        {
            if (!keys.TryGetValue(service.ServiceType, out var keysOfType))
                keys.Add(service.ServiceType, keysOfType = []);
            keysOfType.Add(service.ServiceKey);
        }

        builder.Services.AddKeyedSingleton(Kernel.KernelServiceTypeToKeyMappings, keys);
        return new Kernel(builder.Services.BuildServiceProvider());
    }

    public static KernelFunction CreateFunctionFromMethod(
        this Kernel kernel,
        Delegate method,
        string? functionName = null,
        string? description = null,
        IEnumerable<KernelParameterMetadata>? parameters = null,
        KernelReturnParameterMetadata? returnParameter = null)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return KernelFunctionFactory.CreateFromMethod(method, functionName, description, parameters, returnParameter, kernel.LoggerFactory);
    }

    public static KernelFunction CreateFunctionFromPrompt(
        this Kernel kernel,
        string promptTemplate,
        PromptExecutionSettings? executionSettings = null,
        string? functionName = null,
        string? description = null,
        string? templateFormat = null,
        IPromptTemplateFactory? promptTemplateFactory = null)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return KernelFunctionFactory.CreateFromPrompt(
            promptTemplate, executionSettings, functionName, description, templateFormat, promptTemplateFactory, kernel.LoggerFactory);
    }

    public static KernelFunction CreateFunctionFromPrompt(
        this Kernel kernel,
        string promptTemplate,
        IEnumerable<PromptExecutionSettings>? executionSettings,
        string? functionName = null,
        string? description = null,
        string? templateFormat = null,
        IPromptTemplateFactory? promptTemplateFactory = null)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return KernelFunctionFactory.CreateFromPrompt(
            promptTemplate, executionSettings, functionName, description, templateFormat, promptTemplateFactory, kernel.LoggerFactory);
    }

    public static KernelFunction CreateFunctionFromPrompt(
        this Kernel kernel, PromptTemplateConfig promptConfig, IPromptTemplateFactory? promptTemplateFactory = null)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return KernelFunctionFactory.CreateFromPrompt(promptConfig, promptTemplateFactory, kernel.LoggerFactory);
    }

    public static Task<FunctionResult> InvokePromptAsync(
        this Kernel kernel,
        string promptTemplate,
        KernelArguments? arguments = null,
        string? templateFormat = null,
        IPromptTemplateFactory? promptTemplateFactory = null,
        PromptTemplateConfig? promptTemplateConfig = null,
        CancellationToken cancellationToken = default)
        => kernel.InvokeAsync(PromptFunction(kernel, promptTemplate, templateFormat, promptTemplateFactory, promptTemplateConfig), arguments, cancellationToken);

    public static Task<T?> InvokePromptAsync<T>(
        this Kernel kernel,
        string promptTemplate,
        KernelArguments? arguments = null,
        string? templateFormat = null,
        IPromptTemplateFactory? promptTemplateFactory = null,
        PromptTemplateConfig? promptTemplateConfig = null,
        CancellationToken cancellationToken = default)
        => kernel.InvokeAsync<T>(PromptFunction(kernel, promptTemplate, templateFormat, promptTemplateFactory, promptTemplateConfig), arguments, cancellationToken);

    public static IAsyncEnumerable<StreamingKernelContent> InvokePromptStreamingAsync(
        this Kernel kernel,
        string promptTemplate,
        KernelArguments? arguments = null,
        string? templateFormat = null,
        IPromptTemplateFactory? promptTemplateFactory = null,
        PromptTemplateConfig? promptTemplateConfig = null,
        CancellationToken cancellationToken = default)
        => kernel.InvokeStreamingAsync(PromptFunction(kernel, promptTemplate, templateFormat, promptTemplateFactory, promptTemplateConfig), arguments, cancellationToken);

    public static IAsyncEnumerable<T> InvokePromptStreamingAsync<T>(
        this Kernel kernel,
        string promptTemplate,
        KernelArguments? arguments = null,
        string? templateFormat = null,
        IPromptTemplateFactory? promptTemplateFactory = null,
        PromptTemplateConfig? promptTemplateConfig = null,
        CancellationToken cancellationToken = default)
        => kernel.InvokeStreamingAsync<T>(PromptFunction(kernel, promptTemplate, templateFormat, promptTemplateFactory, promptTemplateConfig), arguments, cancellationToken);

    public static KernelPlugin ImportPluginFromFunctions(this Kernel kernel, string pluginName, IEnumerable<KernelFunction>? functions)
        => kernel.ImportPluginFromFunctions(pluginName, description: null, functions);

    public static KernelPlugin ImportPluginFromFunctions(
        this Kernel kernel, string pluginName, string? description = null, IEnumerable<KernelFunction>? functions = null)
        => Import(kernel, KernelPluginFactory.CreateFromFunctions(pluginName, description, functions));

    public static KernelPlugin ImportPluginFromObject(this Kernel kernel, object target, string? pluginName = null)
        => Import(kernel, KernelPluginFactory.CreateFromObject(target, pluginName, kernel.LoggerFactory));

    public static KernelPlugin ImportPluginFromType<T>(this Kernel kernel, string? pluginName = null)
        => Import(kernel, KernelPluginFactory.CreateFromType<T>(pluginName, kernel.Services));

    public static IKernelBuilderPlugins AddFromType<T>(this IKernelBuilderPlugins plugins, string? pluginName = null)
    {
        ArgumentNullException.ThrowIfNull(plugins);
        plugins.Services.AddSingleton(provider => KernelPluginFactory.CreateFromType<T>(pluginName, provider));
        return plugins;
    }

    private static KernelPlugin Import(Kernel kernel, KernelPlugin plugin)
    {
        kernel.Plugins.Add(plugin);
        return plugin;
    }

    private static KernelFunction PromptFunction(
        Kernel kernel, string promptTemplate, string? templateFormat, IPromptTemplateFactory? promptTemplateFactory, PromptTemplateConfig? config)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentException.ThrowIfNullOrWhiteSpace(promptTemplate);
        if (config is null)
        {
            return kernel.CreateFunctionFromPrompt(
                promptTemplate, functionName: $"InvokePromptAsync_{Guid.NewGuid():N}", templateFormat: templateFormat, promptTemplateFactory: promptTemplateFactory);
        }

        if (string.IsNullOrWhiteSpace(config.Template))
            config.Template = promptTemplate;
        return kernel.CreateFunctionFromPrompt(config, promptTemplateFactory);
    }
}

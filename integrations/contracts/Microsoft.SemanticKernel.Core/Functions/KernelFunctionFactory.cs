using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Microsoft.SemanticKernel;

public static class KernelFunctionFactory
{
    public static KernelFunction CreateFromMethod(
        Delegate method,
        string? functionName = null,
        string? description = null,
        IEnumerable<KernelParameterMetadata>? parameters = null,
        KernelReturnParameterMetadata? returnParameter = null,
        ILoggerFactory? loggerFactory = null)
        => CreateFromMethod(method.Method, method.Target, functionName, description, parameters, returnParameter, loggerFactory);

    public static KernelFunction CreateFromMethod(
        MethodInfo method,
        object? target = null,
        string? functionName = null,
        string? description = null,
        IEnumerable<KernelParameterMetadata>? parameters = null,
        KernelReturnParameterMetadata? returnParameter = null,
        ILoggerFactory? loggerFactory = null)
        => new KernelFunctionFromMethod(method, target, functionName, description, parameters?.ToList(), returnParameter);

    public static KernelFunction CreateFromPrompt(
        string promptTemplate,
        PromptExecutionSettings? executionSettings = null,
        string? functionName = null,
        string? description = null,
        string? templateFormat = null,
        IPromptTemplateFactory? promptTemplateFactory = null,
        ILoggerFactory? loggerFactory = null)
        => CreateFromPrompt(
            promptTemplate,
            executionSettings is null ? null : [executionSettings],
            functionName,
            description,
            templateFormat,
            promptTemplateFactory,
            loggerFactory);

    public static KernelFunction CreateFromPrompt(
        string promptTemplate,
        IEnumerable<PromptExecutionSettings>? executionSettings,
        string? functionName = null,
        string? description = null,
        string? templateFormat = null,
        IPromptTemplateFactory? promptTemplateFactory = null,
        ILoggerFactory? loggerFactory = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(promptTemplate);
        if (promptTemplateFactory is not null && string.IsNullOrWhiteSpace(templateFormat))
            throw new ArgumentException($"Template format is required when providing a {nameof(promptTemplateFactory)}", nameof(templateFormat));

        var config = new PromptTemplateConfig(promptTemplate)
        {
            Name = functionName,
            Description = description ?? "Generic function, unknown purpose",
            TemplateFormat = templateFormat,
        };
        foreach (var settings in executionSettings ?? [])
            config.AddExecutionSettings(settings);
        return CreateFromPrompt(config, promptTemplateFactory, loggerFactory);
    }

    public static KernelFunction CreateFromPrompt(
        PromptTemplateConfig promptConfig, IPromptTemplateFactory? promptTemplateFactory = null, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(promptConfig);
        var template = (promptTemplateFactory ?? new KernelPromptTemplateFactory(loggerFactory)).Create(promptConfig);
        return new KernelFunctionFromPrompt(template, promptConfig);
    }
}

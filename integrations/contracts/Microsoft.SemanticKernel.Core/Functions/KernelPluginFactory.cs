using System.ComponentModel;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Microsoft.SemanticKernel;

public static class KernelPluginFactory
{
    public static KernelPlugin CreateFromType<T>(string? pluginName = null, IServiceProvider? serviceProvider = null)
        => CreateFromObject(ActivatorUtilities.CreateInstance<T>(serviceProvider ?? EmptyServiceProvider.Instance)!, pluginName);

    public static KernelPlugin CreateFromObject(object target, string? pluginName = null, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        var type = target.GetType();
        pluginName ??= type.Name;
        var functions = type.GetMethods(All)
            .Where(method => method.GetCustomAttribute<KernelFunctionAttribute>() is not null)
            .Select(method => KernelFunctionFactory.CreateFromMethod(method, target, loggerFactory: loggerFactory))
            .ToList();
        if (functions.Count == 0)
            throw new ArgumentException($"The {type} instance doesn't implement any [KernelFunction]-attributed methods.");
        return CreateFromFunctions(pluginName, type.GetCustomAttribute<DescriptionAttribute>(inherit: true)?.Description, functions);
    }

    public static KernelPlugin CreateFromFunctions(string pluginName, IEnumerable<KernelFunction>? functions)
        => CreateFromFunctions(pluginName, description: null, functions);

    public static KernelPlugin CreateFromFunctions(string pluginName, string? description = null, IEnumerable<KernelFunction>? functions = null)
        => new DefaultKernelPlugin(pluginName, description, functions);
}

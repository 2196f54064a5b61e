using System.Diagnostics.CodeAnalysis;

namespace Microsoft.SemanticKernel;

public static class KernelPluginExtensions
{
    public static KernelFunction GetFunction(this IReadOnlyKernelPluginCollection plugins, string? pluginName, string functionName)
        => TryGetFunction(plugins, pluginName, functionName, out var function)
            ? function
            : throw new KeyNotFoundException(
                "The plugin collection does not contain a plugin and/or function with the specified names. "
                + $"Plugin name - '{pluginName}', function name - '{functionName}'.");

    public static bool TryGetFunction(
        this IReadOnlyKernelPluginCollection plugins, string? pluginName, string functionName, [NotNullWhen(true)] out KernelFunction? func)
    {
        ArgumentNullException.ThrowIfNull(plugins);
        ArgumentNullException.ThrowIfNull(functionName);
        func = null;
        if (!string.IsNullOrWhiteSpace(pluginName))
            return plugins.TryGetPlugin(pluginName, out var plugin) && plugin.TryGetFunction(functionName, out func);

        foreach (var candidate in plugins)
        {
            if (candidate.TryGetFunction(functionName, out func))
                return true;
        }

        return false;
    }
}

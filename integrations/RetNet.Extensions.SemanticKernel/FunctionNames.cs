using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

namespace RetNet.Extensions.SemanticKernel;

/// <summary>The names by which a model calls a kernel's functions, such as <c>Shop_Price</c>, and the plugin and function that they stand
/// for.</summary>
/// <param name="kernel">The kernel; null for none.</param>
internal sealed class FunctionNames(Kernel? kernel)
{
    private readonly Dictionary<string, KernelFunction> _functions = Functions(kernel);

    /// <summary>What a model calls a function.</summary>
    public static string Called(string? plugin, string function) => string.IsNullOrEmpty(plugin) ? function : $"{plugin}_{function}";

    /// <summary>The plugin and the function of a name; the name alone where the kernel has no such function.</summary>
    public (string? Plugin, string Function) Find(string called) =>
        _functions.TryGetValue(called, out KernelFunction? function) ? (function.PluginName, function.Name) : (null, called);

    /// <summary>The name as a kernel's streams write it, <c>Shop-Price</c>, from which a <see cref="FunctionCallContentBuilder"/> has the
    /// plugin.</summary>
    public string Streamed(string called)
    {
        (string? plugin, string function) = Find(called);
        return string.IsNullOrEmpty(plugin) ? function : $"{plugin}-{function}";
    }

    private static Dictionary<string, KernelFunction> Functions(Kernel? kernel)
    {
        Dictionary<string, KernelFunction> functions = [];
        foreach (KernelFunction function in kernel?.Plugins.SelectMany(plugin => plugin) ?? [])
            functions.TryAdd(((AIFunction)function).Name, function);
        return functions;
    }
}

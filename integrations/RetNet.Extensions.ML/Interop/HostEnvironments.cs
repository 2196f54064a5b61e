using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace RetNet.Extensions.ML.Interop;

/// <summary>Settings of the <see cref="MLContext"/> that catalogs and hosts show only to ML.NET's own components.</summary>
internal static class HostEnvironments
{
    /// <summary>The environment of a catalog of text transforms.</summary>
    /// <exception cref="MissingMemberException">ML.NET lacks internals that this library uses.</exception>
    public static IHostEnvironment Environment(this TransformsCatalog.TextTransforms catalog) => Of(catalog);

    /// <inheritdoc cref="Environment(TransformsCatalog.TextTransforms)"/>
    public static IHostEnvironment Environment(this TransformsCatalog catalog) => Of(catalog);

    /// <inheritdoc cref="Environment(TransformsCatalog.TextTransforms)"/>
    public static IHostEnvironment Environment(this TrainCatalogBase.CatalogInstantiatorBase catalog) => Of(catalog);

    /// <inheritdoc cref="Environment(TransformsCatalog.TextTransforms)"/>
    public static IHostEnvironment Environment(this ForecastingCatalog catalog) => Of(catalog);

    /// <summary><see cref="MLContext.GpuDeviceId"/>: the GPU that the context requests; null for the CPU.</summary>
    public static int? GpuDeviceId(this IHost host) => ((IHostEnvironmentInternal)host).GpuDeviceId;

    /// <summary><see cref="MLContext.FallbackToCpu"/>: whether the CPU replaces a GPU that cannot be used.</summary>
    public static bool FallbackToCpu(this IHost host) => ((IHostEnvironmentInternal)host).FallbackToCpu;

    /// <summary>Whether <c>MLContext.CancelExecution</c> was called.</summary>
    public static bool IsCanceled(this IHost host) => host is ICancelable { IsCanceled: true };

    /// <summary>Throws if <c>MLContext.CancelExecution</c> was called.</summary>
    /// <exception cref="OperationCanceledException">It was.</exception>
    public static void CheckAlive(this IHost host) => Contracts.CheckAlive(host);

    /// <summary>The items, as long as <c>MLContext.CancelExecution</c> is not called.</summary>
    /// <exception cref="OperationCanceledException">It was called, while the items are enumerated.</exception>
    public static IEnumerable<T> WhileAlive<T>(this IHost host, IEnumerable<T> items)
    {
        foreach (T item in items)
        {
            host.CheckAlive();
            yield return item;
        }
    }

    private static IHostEnvironment Of(IInternalCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        InternalsCheck.Require();
        return CatalogUtils.GetEnvironment(catalog);
    }
}

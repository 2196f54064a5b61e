using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace RetNet.Extensions.ML.Models;

/// <summary>Decides where a model runs, when it is fitted and again when it is loaded.</summary>
internal static class Device
{
    private const string NoEngine = "there is no GPU engine in this build: models run on the CPU";

    /// <summary>Settles on the CPU, the only device that this build serves, or refuses.</summary>
    /// <param name="host">Knows what the <see cref="MLContext"/> wants, and logs.</param>
    /// <param name="gpuDeviceId">The GPU that the options ask for; null for the context's.</param>
    /// <param name="fallbackToCpu">What the options say about a GPU that cannot be had; null for the context's.</param>
    /// <exception cref="InvalidOperationException">A GPU is asked for, and the CPU may not replace it.</exception>
    public static void Resolve(IHost host, int? gpuDeviceId, bool? fallbackToCpu)
    {
        IHostEnvironmentInternal context = (IHostEnvironmentInternal)host;
        if ((gpuDeviceId ?? context.GpuDeviceId) is not { } id)
            return;
        if (!(fallbackToCpu ?? context.FallbackToCpu))
        {
            throw new InvalidOperationException(
                $"{nameof(MLContext.GpuDeviceId)} is {id}, but {NoEngine}. Expected null, or {nameof(MLContext.FallbackToCpu)} = true.");
        }

        using IChannel channel = host.Start(nameof(Device));
        channel.Warning(MessageSensitivity.None, $"{nameof(MLContext.GpuDeviceId)} is {id}, but {NoEngine}. {nameof(MLContext.FallbackToCpu)} is true, so the CPU is used.");
    }
}

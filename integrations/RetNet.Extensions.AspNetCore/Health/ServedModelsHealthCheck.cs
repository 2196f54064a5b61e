using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using RetNet.Extensions.AspNetCore.Models;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.AspNetCore.Health;

/// <summary>Tells whether all RetNet models of the host are loaded, and how busy they are. A host that stops is not healthy any more, so
/// that nothing new is sent to it.</summary>
internal sealed class ServedModelsHealthCheck(ServedModels models, ModelLoader loader, IHostApplicationLifetime? lifetime = null)
    : IHealthCheck
{
    /// <summary>The name of the check.</summary>
    public const string Name = "retnet-models";

    /// <summary>The tag of the checks that <c>/health/ready</c> asks.</summary>
    public const string ReadyTag = "ready";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (lifetime?.ApplicationStopping.IsCancellationRequested == true)
            return Task.FromResult(HealthCheckResult.Unhealthy("The host is stopping."));
        Dictionary<string, object> data = [];
        List<string> missing = [];
        foreach (ServedModel model in models.All)
        {
            foreach (SharedModel own in model.OwnModels)
            {
                string name = data.ContainsKey(model.Id) ? $"{model.Id} (embeddings)" : model.Id;
                data[name] = Describe(own);
                if (own.Loaded is null)
                    missing.Add(name);
            }
        }

        return Task.FromResult(missing.Count == 0
            ? HealthCheckResult.Healthy("All models are loaded.", data)
            : HealthCheckResult.Unhealthy($"Not loaded: {string.Join(", ", missing)}.", data: data));
    }

    private ModelHealth Describe(SharedModel model)
    {
        if (model.Loaded is not { } loaded)
            return new ModelHealth(loader.HasFailed(model) ? "failed" : "loading", null, null, null);
        BatchScheduler? scheduler = loaded.TextModel.GeneratesText ? loaded.TextModel.Scheduler : null;
        return new ModelHealth(
            "ready", loaded.TextModel.Info.Device.ToString(), scheduler?.QueuedRequests, scheduler?.RunningRequests);
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RetNet.Extensions.DependencyInjection;

/// <summary>Tells how far a model is, without loading it.</summary>
/// <param name="services">The container that has the model.</param>
/// <param name="modelName">The name of the model; null for the default model.</param>
internal sealed class ModelHealthCheck(IServiceProvider services, string? modelName) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        SharedModel model = services.GetRequiredKeyedService<SharedModel>(modelName);
        HealthStatus failure = context.Registration.FailureStatus;
        return Task.FromResult(model.Loading switch
        {
            null => Result(HealthStatus.Healthy, "not loaded", $"Model {model.Name} is not loaded; the first request loads it."),
            { IsCompleted: false } => Result(HealthStatus.Degraded, "loading", $"Model {model.Name} is being loaded."),
            { Exception: { } exception } =>
                Result(failure, "failed", $"Model {model.Name} cannot be loaded; the next request tries again.", exception.InnerException),
            _ => Result(HealthStatus.Healthy, "ready", $"Model {model.Name} is loaded."),
        });

        HealthCheckResult Result(HealthStatus status, string state, string description, Exception? exception = null)
        {
            Dictionary<string, object> data = new() { ["model"] = model.Name, ["state"] = state };
            if (model.Loaded is { TextModel.Model.Info: { } info })
            {
                data["device"] = info.Device.ToString();
                data["architecture"] = info.Architecture;
                data["weightFormat"] = info.WeightFormat.ToString();
            }

            return new HealthCheckResult(status, description, exception, data);
        }
    }
}

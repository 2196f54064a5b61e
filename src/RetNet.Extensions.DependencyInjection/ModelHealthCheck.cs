using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.DependencyInjection;

/// <summary>Tells how far a model is, without loading it.</summary>
/// <param name="services">The container that has the model.</param>
/// <param name="modelName">The name of the model; null for the default model.</param>
internal sealed class ModelHealthCheck(IServiceProvider services, string? modelName) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        SharedModel model = services.GetKeyedService<SharedModel>(modelName) ?? throw new InvalidOperationException(
            $"There is no {RetNetOptionsValidator.Describe(modelName)}; services.AddRetNet registers it.");
        HealthStatus failure = context.Registration.FailureStatus;
        return Task.FromResult((model.Loading, model.Loaded) switch
        {
            (null, _) => Result(HealthStatus.Healthy, "not loaded", $"Model {model.Name} is not loaded; the first request loads it."),
            ({ Exception.InnerException: { } exception }, _) =>
                Result(failure, "failed", $"Model {model.Name} cannot be loaded; the next request tries again.", exception),
            (_, { TextModel.Info: { } info }) => Result(HealthStatus.Healthy, "ready", $"Model {model.Name} is loaded.", ready: info),
            _ => Result(HealthStatus.Degraded, "loading", $"Model {model.Name} is being loaded."),
        });

        HealthCheckResult Result(
            HealthStatus status, string state, string description, Exception? exception = null, ModelInfo? ready = null)
        {
            Dictionary<string, object> data = new() { ["model"] = model.Name, ["state"] = state };
            if (ready is not null)
            {
                data["device"] = ready.Device.ToString();
                data["architecture"] = ready.Architecture;
                data["weightFormat"] = ready.WeightFormat.ToString();
            }

            return new HealthCheckResult(status, description, exception, data);
        }
    }
}

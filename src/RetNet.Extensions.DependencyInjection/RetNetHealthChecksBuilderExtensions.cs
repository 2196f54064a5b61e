using Microsoft.Extensions.Diagnostics.HealthChecks;
using RetNet.Extensions.DependencyInjection;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds health checks of language models.</summary>
public static class RetNetHealthChecksBuilderExtensions
{
    /// <summary>Adds a check of a model that <c>AddRetNet</c> registered. The check does not load the model.</summary>
    /// <remarks>
    /// A model that is ready, or that no request has loaded yet, is healthy; one that is being loaded is degraded; one whose load failed
    /// has the <paramref name="failureStatus"/>. The data are <c>model</c>, <c>state</c> (<c>not loaded</c>, <c>loading</c>, <c>ready</c>
    /// or <c>failed</c>) and of a model that is ready <c>device</c>, <c>architecture</c> and <c>weightFormat</c>.
    /// </remarks>
    /// <param name="builder">The builder of the health checks.</param>
    /// <param name="modelName">The name of the model; null for the default model.</param>
    /// <param name="name">The name of the check; null for <c>retnet</c>, with the model's name behind a colon if it has one.</param>
    /// <param name="failureStatus">The status of a model whose load failed; null for <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags that select the check, such as <c>ready</c>; null for none.</param>
    /// <returns>The builder.</returns>
    public static IHealthChecksBuilder AddRetNetHealthCheck(
        this IHealthChecksBuilder builder, string? modelName = null, string? name = null, HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name ?? (modelName is null ? "retnet" : $"retnet:{modelName}"), services => new ModelHealthCheck(services, modelName),
            failureStatus, tags));
    }
}

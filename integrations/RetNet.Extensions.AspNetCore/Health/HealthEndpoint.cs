using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RetNet.Extensions.AspNetCore.Requests;
using RetNet.Extensions.AspNetCore.Security;

namespace RetNet.Extensions.AspNetCore.Health;

/// <summary>Answers probes. They need no API key; the models are told of only to a client that may use them.</summary>
internal sealed class HealthEndpoint(HealthCheckService health, AccessCheck access)
{
    /// <summary>The process answers.</summary>
    public static Task LiveAsync(HttpContext context) => JsonAnswer.WriteAsync(context.Response, json =>
    {
        json.WriteStartObject();
        json.WriteString("status", nameof(HealthStatus.Healthy));
        json.WriteEndObject();
    });

    /// <summary>The models answer: 200, or 503 if a check with the tag <see cref="ServedModelsHealthCheck.ReadyTag"/> fails.</summary>
    public async Task ReadyAsync(HttpContext context)
    {
        HealthReport report = await health.CheckHealthAsync(
            check => check.Tags.Contains(ServedModelsHealthCheck.ReadyTag), context.RequestAborted).ConfigureAwait(false);
        context.Response.StatusCode = report.Status == HealthStatus.Unhealthy
            ? StatusCodes.Status503ServiceUnavailable
            : StatusCodes.Status200OK;
        bool tellsModels = access.Allows(context);
        await JsonAnswer.WriteAsync(context.Response, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", report.Status.ToString());
            if (tellsModels)
                WriteChecks(json, report);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static void WriteChecks(Utf8JsonWriter json, HealthReport report)
    {
        json.WriteStartObject("checks");
        foreach ((string name, HealthReportEntry entry) in report.Entries)
        {
            json.WriteStartObject(name);
            json.WriteString("status", entry.Status.ToString());
            json.WriteString("description", entry.Description);
            foreach ((string key, object value) in entry.Data)
                Write(json, key, value);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string key, object value)
    {
        if (value is not ModelHealth model)
        {
            json.WriteString(key, value.ToString());
            return;
        }

        json.WriteStartObject(key);
        json.WriteString("state", model.State);
        if (model.Device is not null)
        {
            json.WriteString("device", model.Device);
            json.WriteNumber("queued", model.Queued ?? 0);
            json.WriteNumber("running", model.Running ?? 0);
        }

        json.WriteEndObject();
    }
}

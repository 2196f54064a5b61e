using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace RetNet.Extensions.DependencyInjection.Tests;

/// <summary>Health checks, asked over HTTP in a web application.</summary>
public sealed class HealthCheckTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-").FullName;
    private readonly GateLogger _log = new();
    private WebApplication _application = null!;

    public async Task InitializeAsync()
    {
        foreach (string file in Directory.GetFiles(ModelPaths.RetNet))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<ILogger<SharedModel>>(_log);
        builder.Services.AddRetNet("story", _folder);
        builder.Services.AddHealthChecks()
            .AddRetNetHealthCheck("story", tags: ["ready"])
            .AddRetNetHealthCheck("stroy", "misspelt")
            .AddRetNetHealthCheck("story", "lenient", HealthStatus.Degraded);
        _application = builder.Build();
        _application.MapHealthChecks("/health", new HealthCheckOptions
        {
            Predicate = check => check.Tags.Contains("ready"),
            ResponseWriter = Write,
        });
        _application.MapHealthChecks("/lenient", new HealthCheckOptions { Predicate = check => check.Name == "lenient" });
        _application.MapHealthChecks("/misspelt", new HealthCheckOptions { Predicate = check => check.Name == "misspelt" });
        await _application.StartAsync();
    }

    public async Task DisposeAsync()
    {
        _log.Open.Set();
        await _application.DisposeAsync();
        _log.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_model_is_not_loaded_then_loading_then_ready_on_its_device()
    {
        SharedModel model = _application.Services.GetRequiredKeyedService<SharedModel>("story");

        Assert.Equal((HttpStatusCode.OK, "Healthy", "not loaded", null), await AskAsync());
        Assert.Equal((HttpStatusCode.OK, "Healthy", "not loaded", null), await AskAsync());
        Assert.Null(model.Loaded);

        Task<LoadedModel> load = model.GetAsync().AsTask();
        Assert.Equal((HttpStatusCode.OK, "Degraded", "loading", null), await AskAsync());

        _log.Open.Set();
        await load;
        Assert.Equal((HttpStatusCode.OK, "Healthy", "ready", "cpu"), await AskAsync());
    }

    [Fact]
    public async Task A_load_that_failed_is_told_until_another_succeeds()
    {
        SharedModel model = _application.Services.GetRequiredKeyedService<SharedModel>("story");
        _log.Open.Set();
        string weights = Path.Combine(_folder, "model.safetensors");
        byte[] content = await File.ReadAllBytesAsync(weights);
        File.Delete(weights);
        await Assert.ThrowsAnyAsync<Exception>(() => model.GetAsync().AsTask());

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy", "failed", null), await AskAsync());
        Assert.Equal("Degraded", await GetAsync("/lenient"));

        await File.WriteAllBytesAsync(weights, content);
        await model.GetAsync();
        Assert.Equal((HttpStatusCode.OK, "Healthy", "ready", "cpu"), await AskAsync());
    }

    [Fact]
    public async Task A_model_that_is_not_registered_is_unhealthy_and_named()
    {
        Assert.Equal("Unhealthy", await GetAsync("/misspelt"));
        HealthReport report = await _application.Services.GetRequiredService<HealthCheckService>()
            .CheckHealthAsync(check => check.Name == "misspelt");
        Assert.Contains("'stroy'", report.Entries["misspelt"].Description, StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Code, string? Status, string? State, string? Device)> AskAsync()
    {
        using HttpClient client = new();
        using HttpResponseMessage response = await client.GetAsync(new Uri($"{_application.Urls.Single()}/health"));
        using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        string? Text(string name) => answer.RootElement.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
        return (response.StatusCode, Text("status"), Text("state"), Text("device"));
    }

    private async Task<string> GetAsync(string path)
    {
        using HttpClient client = new();
        using HttpResponseMessage response = await client.GetAsync(new Uri(_application.Urls.Single() + path));
        return await response.Content.ReadAsStringAsync();
    }

    private static Task Write(HttpContext context, HealthReport report)
    {
        HealthReportEntry entry = report.Entries["retnet:story"];
        Dictionary<string, object> answer = new(entry.Data) { ["status"] = $"{entry.Status}" };
        return context.Response.WriteAsJsonAsync(answer);
    }
}

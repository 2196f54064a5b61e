using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Models.Encoder;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.Tool.Serving;

/// <summary>The server of <c>retnet serve</c>.</summary>
internal static class ModelServer
{
    private const string Name = "retnet";
    private const string MetricsPath = "/metrics";

    /// <summary>Loads the models, tells where it listens, and serves until the command is interrupted; then it finishes what runs. The
    /// first model that cannot be loaded ends it.</summary>
    /// <exception cref="CommandException">Two models have one name.</exception>
    /// <exception cref="IOException">An address is in use.</exception>
    public static async Task RunAsync(ServerSettings settings, CommandContext context)
    {
        Dictionary<string, string> models = Named(settings.Models);
        await using WebApplication app = Build(settings, models);
        Task[] loads = [.. models.Keys.Select(
            name => app.Services.GetRequiredKeyedService<SharedModel>(name).GetAsync(context.Cancellation).AsTask())];
        await app.StartAsync(context.Cancellation).ConfigureAwait(false);
        await foreach (Task load in Task.WhenEach(loads).ConfigureAwait(false))
            await load.ConfigureAwait(false);
        Tell(context, [.. models.Keys], [.. app.Urls]);
        await app.WaitForShutdownAsync(context.Cancellation).ConfigureAwait(false);
    }

    private static WebApplication Build(ServerSettings settings, Dictionary<string, string> models)
    {
        // Settings in the current directory are another program's; those of the environment apply.
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { ApplicationName = Name, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls(settings.Urls);
        if (settings.Urls.Contains(Uri.UriSchemeHttps + ':', StringComparison.OrdinalIgnoreCase))
            builder.WebHost.UseKestrelHttpsConfiguration();
        AddLogging(builder.Logging);
        foreach ((string name, string path) in models)
        {
            builder.Services.AddRetNetEmbeddingGenerator(model => settings.Apply(path, model), name);
            if (!IsEncoder(path))
                builder.Services.AddRetNetChatClient(name, name);
        }

        if (settings.Sessions is { } folder)
        {
            FileConversationStore store = new(folder, settings.SessionExpiry);
            builder.Services.AddSingleton<IConversationStore>(store);
            builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<ExpiredSessions>(services, store));
        }

        builder.Services.AddRetNetOpenAI(settings.Apply);
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(Name))
            .WithMetrics(metrics => metrics.AddMeter("*").AddPrometheusExporter());
        WebApplication app = builder.Build();
        app.MapRetNetOpenAI();
        app.MapRetNetHealth();
        app.MapRetNetChatPage();
        app.MapPrometheusScrapingEndpoint(MetricsPath);
        return app;
    }

    /// <summary>Whether a model embeds texts only. Where there is no model, the server says so when it starts.</summary>
    private static bool IsEncoder(string path)
    {
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(path);
            return EncoderModel.IsIn(checkpoint);
        }
        catch (Exception exception) when (exception is CheckpointException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void AddLogging(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(console => console.SingleLine = true);
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(LogLevel.Warning);

        // A failure to start is the error of the command.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical);

        // Nor is a probe that comes while models are loaded a failure to tell of; a load that fails has a line of its own.
        logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Critical);
    }

    private static Dictionary<string, string> Named(IReadOnlyList<string> paths)
    {
        Dictionary<string, string> models = [];
        foreach (string path in paths)
        {
            using SharedModel model = new(new RetNetOptions { ModelPath = Path.GetFullPath(path) });
            if (!models.TryAdd(model.Name, path))
            {
                throw new CommandException($"{path} and {models[model.Name]} are both named {model.Name}; "
                    + "expected models with different names.");
            }
        }

        return models;
    }

    private static void Tell(CommandContext context, string[] models, string[] urls)
    {
        if (context.Json)
        {
            context.WriteJson(json =>
            {
                json.WriteStrings("urls", urls);
                json.WriteStrings("models", models);
            });
            return;
        }

        context.WriteFacts(
        [
            ("Models", string.Join(", ", models)),
            ("Chat page", string.Join(", ", urls.Select(url => $"{url}/"))),
            ("OpenAI API", string.Join(", ", urls.Select(url => $"{url}/v1"))),
            ("Metrics", string.Join(", ", urls.Select(url => url + MetricsPath))),
        ]);
    }
}

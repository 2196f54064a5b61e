using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using StackExchange.Redis;

namespace RetNet.Extensions.Orleans.Tests.Cluster;

/// <summary>The program of the tests' assembly: a silo with the small models, whose cluster meets in a Redis server.</summary>
internal static class SiloProgram
{
    /// <summary>The line that a silo writes when it has joined.</summary>
    public const string Ready = "ready";

    /// <param name="args">The cluster's id, the address, the silo's port, the gateway's port, and the address and port of Redis.</param>
    public static async Task Main(string[] args)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning);
        foreach (string model in (string[])["retnet-tinystories", "llama-tinystories"])
        {
            builder.Services.AddRetNetChatClient(options => (options.ModelPath, options.Threads) = (Models.PathOf(model), 1), model);
        }

        builder.Services.AddKeyedSingleton<IChatClient>("models", (services, _) => new ModelRouter(
            model => services.GetRequiredKeyedService<IChatClient>(model)));
        // All conversations are read at once in the end, which takes a busy machine longer than the usual 5 s.
        ConfigurationOptions storage = ConfigurationOptions.Parse(args[4]);
        storage.AsyncTimeout = 60_000;
        builder.UseOrleans(silo =>
        {
            silo.UseTestCluster(args[0], args[4])
                .ConfigureEndpoints(args[1], int.Parse(args[2]), int.Parse(args[3]), listenOnAnyHostAddress: false)
                .AddRedisGrainStorage("RetNet", options => options.ConfigurationOptions = storage)
                .AddRetNetConversations(options => options.ServiceId = "models")
                .UseFastFailover()
                .Configure<ClusterMembershipOptions>(options => options.ProbeTimeout = TimeSpan.FromMilliseconds(500));
        });
        using IHost host = builder.Build();
        await host.StartAsync();
        Console.WriteLine(Ready);

        // The end of the input is the end of the tests.
        await Console.In.ReadToEndAsync();
        await host.StopAsync();
    }

    private static ISiloBuilder UseTestCluster(this ISiloBuilder silo, string cluster, string redis) => silo
        .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster, "tests"))
        .UseRedisClustering(options => options.ConfigurationOptions = ConfigurationOptions.Parse(redis));
}

using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RetNet.Extensions.Orleans.Tests;

/// <summary>A silo in this process, with a client of the cluster.</summary>
internal sealed class SiloHost : IAsyncDisposable
{
    private readonly IHost _host;

    private SiloHost(IHost host) => _host = host;

    public IServiceProvider Services => _host.Services;

    public IClusterClient Cluster => Services.GetRequiredService<IClusterClient>();

    public IChatClient Client => Services.GetRequiredService<IChatClient>();

    /// <summary>Starts a silo whose conversations a client answers.</summary>
    public static Task<SiloHost> StartAsync(IChatClient model, Action<IHostApplicationBuilder, ISiloBuilder>? configure = null) =>
        StartAsync((host, silo) =>
        {
            host.Services.AddKeyedSingleton("model", model);
            silo.AddRetNetConversations(options => options.ServiceId = "model");
            configure?.Invoke(host, silo);
            if (!host.Services.Any(service => service.ServiceType == typeof(IChatClient) && !service.IsKeyedService))
                host.Services.AddRetNetClusterChatClient();
        });

    public static async Task<SiloHost> StartAsync(Action<IHostApplicationBuilder, ISiloBuilder> configure)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort(), FreePort(), clusterId: Guid.NewGuid().ToString("N"));
            configure(builder, silo);
        });
        IHost host = builder.Build();
        await host.StartAsync();
        return new SiloHost(host);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

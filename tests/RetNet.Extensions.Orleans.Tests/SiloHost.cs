using System.Net;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RetNet.Extensions.Servers;

namespace RetNet.Extensions.Orleans.Tests;

/// <summary>A silo in this process, with a client of the cluster.</summary>
internal sealed class SiloHost : IAsyncDisposable
{
    private readonly IHost _host;

    private SiloHost(IHost host, IPEndPoint endpoint) => (_host, Endpoint) = (host, endpoint);

    /// <summary>Where other silos reach it.</summary>
    public IPEndPoint Endpoint { get; }

    public IServiceProvider Services => _host.Services;

    public IClusterClient Cluster => Services.GetRequiredService<IClusterClient>();

    public IChatClient Client => Services.GetRequiredService<IChatClient>();

    /// <summary>Starts a silo whose conversations a client answers.</summary>
    /// <param name="model">The client.</param>
    /// <param name="configure">Configures more.</param>
    /// <param name="options">Sets options of conversations.</param>
    /// <param name="joins">A silo whose cluster it joins.</param>
    public static Task<SiloHost> StartAsync(
        IChatClient model, Action<IHostApplicationBuilder, ISiloBuilder>? configure = null,
        Action<RetNetConversationOptions>? options = null, SiloHost? joins = null) => StartAsync(
        (host, silo) =>
        {
            host.Services.AddKeyedSingleton("model", model);
            silo.AddRetNetConversations(conversations =>
            {
                conversations.ServiceId = "model";
                options?.Invoke(conversations);
            });
            configure?.Invoke(host, silo);
            if (!host.Services.Any(service => service.ServiceType == typeof(IChatClient) && !service.IsKeyedService))
                host.Services.AddRetNetClusterChatClient();
        },
        joins);

    public static async Task<SiloHost> StartAsync(Action<IHostApplicationBuilder, ISiloBuilder> configure, SiloHost? joins = null)
    {
        IPEndPoint endpoint = new(IPAddress.Loopback, FreePort.Find());
        IPEndPoint first = joins?.Endpoint ?? endpoint;
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(endpoint.Port, FreePort.Find(), first, clusterId: first.ToString());
            configure(builder, silo);
        });
        IHost host = builder.Build();
        await host.StartAsync();
        return new SiloHost(host, endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}

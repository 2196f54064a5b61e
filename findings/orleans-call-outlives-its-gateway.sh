#!/usr/bin/env bash
# Microsoft.Orleans 10.4.2: a client's call through a silo that dies waits for the response timeout, though the client knows at once.
#
# Expected: when the connection to a gateway closes, the calls that wait for an answer through it fail, as with HTTP, gRPC or a database
#           driver, so that the caller can repeat them elsewhere. Silos do so among themselves: they break the messages to a dead silo.
# Seen:     the external client is told within a second or so that its gateway is gone (IClusterConnectionStatusObserver), and lets the
#           call wait on until ResponseTimeout, 30 s by default, which then ends it with a TimeoutException.
# So a client that wants its users to wait two seconds and not thirty watches the connection itself, and repeats calls that are harmless
# to repeat.
set -euo pipefail
version=10.4.2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >finding.csproj <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Orleans.Server" Version="[$version]" />
    <PackageReference Include="Microsoft.Orleans.Client" Version="[$version]" />
    <PackageReference Include="Microsoft.Extensions.Hosting" Version="10.0.14" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

if (args is ["silo", string siloPort, string gatewayPort])
{
    HostApplicationBuilder silo = Host.CreateApplicationBuilder();
    silo.Logging.ClearProviders();
    silo.UseOrleans(orleans => orleans.UseLocalhostClustering(int.Parse(siloPort), int.Parse(gatewayPort)));
    using IHost running = silo.Build();
    await running.StartAsync();
    Console.WriteLine("ready");
    await running.WaitForShutdownAsync();
    return 0;
}

int gateway = FreePort();
using Process process = Process.Start(new ProcessStartInfo(
    Environment.ProcessPath!, ["silo", $"{FreePort()}", $"{gateway}"]) { RedirectStandardOutput = true })!;
while (await process.StandardOutput.ReadLineAsync() is { } line && line != "ready") ;

Watch watch = new();
HostApplicationBuilder builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders();
builder.Services.AddSingleton<IClusterConnectionStatusObserver>(watch);
builder.UseOrleansClient(orleans => orleans.UseLocalhostClustering(gateway));
using IHost client = builder.Build();
await client.StartAsync();
ISlow grain = client.Services.GetRequiredService<IClusterClient>().GetGrain<ISlow>("a");
await grain.WaitAsync(TimeSpan.Zero);

Task call = grain.WaitAsync(TimeSpan.FromMinutes(2));
await Task.Delay(1000);
process.Kill();
await process.WaitForExitAsync();
long start = watch.Start = Stopwatch.GetTimestamp();
string end = "ended";
try
{
    await call;
}
catch (Exception exception)
{
    end = exception.GetType().Name;
}

double failed = Stopwatch.GetElapsedTime(start).TotalSeconds;
Console.WriteLine($"connection lost: told after {watch.Lost:F1} s; the call: {end} after {failed:F1} s");
return watch.Lost is < 5 && failed > 20 && end == nameof(TimeoutException) ? 0 : 1;

static int FreePort()
{
    using TcpListener listener = new(IPAddress.Loopback, 0);
    listener.Start();
    return ((IPEndPoint)listener.LocalEndpoint).Port;
}

public interface ISlow : IGrainWithStringKey
{
    Task WaitAsync(TimeSpan time);
}

public sealed class Slow : Grain, ISlow
{
    public Task WaitAsync(TimeSpan time) => Task.Delay(time);
}

public sealed class Watch : IClusterConnectionStatusObserver
{
    public long Start { get; set; }

    public double? Lost { get; private set; }

    public void NotifyClusterConnectionLost() => Lost ??= Start == 0 ? 0 : Stopwatch.GetElapsedTime(Start).TotalSeconds;

    public void NotifyGatewayCountChanged(int now, int before, bool recovered)
    {
        if (now < before)
            NotifyClusterConnectionLost();
    }
}
EOF

dotnet run || { echo "This has changed."; exit 1; }

#!/usr/bin/env bash
# NATS.Client.JetStream 3.3.2: FetchAsync does not end at its limit of time while the server is away.
#
# Expected: a fetch with Expires of 1 s ends after about a second, with the messages that came, whatever the server does: the limit is the
#           caller's.
# Seen:     with the server there it ends after 1 s; with the server gone the loop over it does not end in 20 s. Nothing is thrown.
# So a worker that fetches in a loop needs a limit of its own (a CancellationToken) to notice that it has to do something else.
# Needs nats-server (Debian's package of that name) on the path.
set -euo pipefail
version=3.3.2
command -v nats-server >/dev/null || { echo "nats-server is not installed."; exit 1; }
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
    <PackageReference Include="NATS.Client.JetStream" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

TcpListener free = new(IPAddress.Loopback, 0);
free.Start();
int port = ((IPEndPoint)free.LocalEndpoint).Port;
free.Stop();
using Process server = Process.Start(new ProcessStartInfo("nats-server", $"-js -a 127.0.0.1 -p {port} -sd store") { RedirectStandardError = true })!;
server.ErrorDataReceived += (_, _) => { };
server.BeginErrorReadLine();
await using NatsConnection connection = new(new NatsOpts { Url = $"nats://127.0.0.1:{port}", RetryOnInitialConnect = true });
NatsJSContext context = new(connection);
for (int i = 0; ; i++)
{
    try
    {
        await context.CreateStreamAsync(new StreamConfig("work", ["work.>"]));
        break;
    }
    catch (NatsException) when (i < 50)
    {
        await Task.Delay(100);
    }
}

INatsJSConsumer consumer = await context.CreateOrUpdateConsumerAsync("work", new ConsumerConfig("workers"));
double there = await FetchAsync();
server.Kill();
await server.WaitForExitAsync();
double away = await FetchAsync();
Console.WriteLine($"A fetch of 1 s: {there:F0} s with the server, {(away < 20 ? $"{away:F0} s" : "not ended in 20 s")} without");
return there < 3 && away >= 20 ? 0 : 1;

// Seconds until a fetch has ended, 20 at most.
async Task<double> FetchAsync()
{
    long start = Stopwatch.GetTimestamp();
    using CancellationTokenSource patience = new(TimeSpan.FromSeconds(20));
    try
    {
        NatsJSFetchOpts options = new() { MaxMsgs = 10, Expires = TimeSpan.FromSeconds(1) };
        await foreach (NatsJSMsg<byte[]> _ in consumer.FetchAsync<byte[]>(options, cancellationToken: patience.Token))
        {
        }
    }
    catch (OperationCanceledException) when (patience.IsCancellationRequested)
    {
    }

    return Stopwatch.GetElapsedTime(start).TotalSeconds;
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
echo "NATS.Client.JetStream $version"
dotnet run --no-build || { echo "This has changed."; exit 1; }

#!/usr/bin/env bash
# StackExchange.Redis 2.13.23: while the server is away, an async command waits for syncTimeout, not for asyncTimeout.
#
# Expected: asyncTimeout limits async commands, syncTimeout the blocking ones. With asyncTimeout=500 and AbortOnConnectFail=false, an async
#           command to a server that is away fails after about half a second.
# Seen:     a command that is sent while there is no connection waits in the backlog, and the backlog knows syncTimeout only (5 s by
#           default). Only lowering syncTimeout, which nothing async should depend on, makes it fail sooner.
# So a host that wants to fail over quickly sets both, though it never makes a blocking call.
set -euo pipefail
version=2.13.23
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
    <PackageReference Include="StackExchange.Redis" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

// A port where nobody listens.
TcpListener closed = new(IPAddress.Loopback, 0);
closed.Start();
int port = ((IPEndPoint)closed.LocalEndpoint).Port;
closed.Stop();

double one = await FailAsync("");
double both = await FailAsync(",syncTimeout=800");
Console.WriteLine($"asyncTimeout=500: {one:F1} s; with syncTimeout=800: {both:F1} s");

// The command fails, and not within two seconds unless syncTimeout is low.
return one > 3 && both < 2.5 ? 0 : 1;

async Task<double> FailAsync(string more)
{
    using ConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync(
        $"127.0.0.1:{port},abortConnect=false,connectTimeout=500,asyncTimeout=500{more}");
    long start = Stopwatch.GetTimestamp();
    try
    {
        await redis.GetDatabase().StringGetAsync("key");
        return 0;
    }
    catch (RedisException)
    {
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
    catch (TimeoutException)
    {
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
EOF

dotnet run || { echo "This has changed."; exit 1; }

#!/usr/bin/env bash
# Microsoft.Garnet 2.2.8 with StackExchange.Redis 2.13.23: a compare-and-set in a Lua script loses updates.
#
# Expected: a script is atomic, as in Redis: of several clients that compare and set the same value, one wins each time, so that a counter
#           counts every success.
# Seen:     with Lua switched on (EnableLua, --lua) scripts of different connections run between each other's commands: more calls report
#           success than the counter has. With the transaction mode of scripts (LuaTransactionMode, --lua-transaction-mode) each counts.
# So optimistic concurrency over Garnet needs that switch, or a command that is atomic by itself.
set -euo pipefail
garnet=2.2.8
client=2.13.23
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
    <PackageReference Include="Microsoft.Garnet" Version="[$garnet]" />
    <PackageReference Include="StackExchange.Redis" Version="[$client]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Net;
using System.Net.Sockets;
using Garnet;
using StackExchange.Redis;

const string CompareAndSet = """
    if redis.call('GET', KEYS[1]) == ARGV[1] then
        redis.call('SET', KEYS[1], ARGV[2])
        return 1
    end
    return 0
    """;

long plain = await LostAsync(), transactions = await LostAsync("--lua-transaction-mode");
Console.WriteLine($"updates are lost: {plain > 0}; with --lua-transaction-mode: {transactions > 0}");
return plain > 0 && transactions == 0 ? 0 : 1;

// How many successes the counter does not have.
static async Task<long> LostAsync(params string[] more)
{
    TcpListener free = new(IPAddress.Loopback, 0);
    free.Start();
    int port = ((IPEndPoint)free.LocalEndpoint).Port;
    free.Stop();
    using GarnetServer server = new(["--bind", "127.0.0.1", "--port", $"{port}", "--lua", .. more]);
    server.Start();
    using ConnectionMultiplexer first = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{port}");
    await first.GetDatabase().StringSetAsync("counter", 0);
    long[] successes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
    {
        using ConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{port}");
        IDatabase database = redis.GetDatabase();
        long count = 0;
        for (int i = 0; i < 4_000; i++)
        {
            long value = (long)await database.StringGetAsync("counter");
            count += (long)await database.ScriptEvaluateAsync(CompareAndSet, ["counter"], [value, value + 1]);
        }

        return count;
    })));
    return successes.Sum() - (long)await first.GetDatabase().StringGetAsync("counter");
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
echo "Microsoft.Garnet $garnet, StackExchange.Redis $client"
dotnet run --no-build >run.log 2>&1 || { cat run.log; echo "This has changed."; exit 1; }
grep '^updates' run.log

#!/usr/bin/env bash
# ZiggyCreatures.FusionCache 2.9.0 as Microsoft's HybridCache (AsHybridCache): entry options and tuples mean other things than with
# Microsoft.Extensions.Caching.Hybrid 10.11.0.
#
# Expected: code against the abstract HybridCache does the same with either. Its documentation lets the local copy live for
#           LocalCacheExpiration, but not longer than the entry as a whole, which is what Expiration sets (5 minutes if it is not set).
# Seen:     FusionCache keeps the local copy for LocalCacheExpiration even when Expiration has long passed, so that a host with "local: 5
#           minutes" as its default serves old values. With LocalCacheExpiration alone the entry in the distributed cache ends with it, so
#           that the factory (a model, an embedding) runs again where Microsoft's cache reads the shared entry. And a tuple that another
#           node reads with FusionCache's serializer for System.Text.Json is (null, 0), without an exception.
# So set both times, the local one not above the other, and cache records in place of tuples.
set -euo pipefail
fusion=2.9.0
hybrid=10.11.0
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
    <PackageReference Include="ZiggyCreatures.FusionCache" Version="[$fusion]" />
    <PackageReference Include="ZiggyCreatures.FusionCache.Serialization.SystemTextJson" Version="[$fusion]" />
    <PackageReference Include="Microsoft.Extensions.Caching.Hybrid" Version="[$hybrid]" />
    <PackageReference Include="Microsoft.Extensions.DependencyInjection" Version="10.0.14" />
    <PackageReference Include="Microsoft.Extensions.Logging" Version="10.0.14" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using ZiggyCreatures.Caching.Fusion;

foreach (bool isFusion in new[] { false, true })
{
    Console.WriteLine(isFusion ? "FusionCache as HybridCache:" : "Microsoft's HybridCache:");
    Shared shared = new();
    HybridCache cache = Create(isFusion, shared), other = Create(isFusion, shared);

    HybridCacheEntryOptions longLocal = new() { Expiration = TimeSpan.FromSeconds(1), LocalCacheExpiration = TimeSpan.FromMinutes(5) };
    HybridCacheEntryOptions shortLocal = new() { LocalCacheExpiration = TimeSpan.FromSeconds(1) };
    await Get(cache, "long", longLocal, "first");
    await Get(cache, "short", shortLocal, "first");
    await Get(cache, "tuple", null, ("answer", 42));
    await Task.Delay(TimeSpan.FromSeconds(3));
    Console.WriteLine($"  entry of 1 s, locally 5 min, after 3 s: {await Get(cache, "long", longLocal, "second")}");
    Console.WriteLine($"  entry locally of 1 s, after 3 s: {await Get(cache, "short", shortLocal, "second")}");
    Console.WriteLine($"  tuple on another node: {await Get(other, "tuple", null, ("fresh", 1))}");
}

static async Task<T> Get<T>(HybridCache cache, string key, HybridCacheEntryOptions options, T value) =>
    await cache.GetOrCreateAsync(key, _ => ValueTask.FromResult(value), options);

static HybridCache Create(bool isFusion, IDistributedCache shared)
{
    ServiceCollection services = new();
    services.AddLogging().AddSingleton(shared);
    if (isFusion)
        services.AddFusionCache().WithRegisteredDistributedCache().WithSystemTextJsonSerializer().AsHybridCache();
    else
        services.AddHybridCache();
    return services.BuildServiceProvider().GetRequiredService<HybridCache>();
}

// A store that several nodes share, as Redis is, with absolute expiration only.
sealed class Shared : IDistributedCache
{
    private readonly ConcurrentDictionary<string, (byte[] Value, DateTimeOffset Ends)> _entries = new();

    public byte[] Get(string key) =>
        _entries.TryGetValue(key, out (byte[] Value, DateTimeOffset Ends) entry) && entry.Ends > DateTimeOffset.UtcNow ? entry.Value : null;

    public Task<byte[]> GetAsync(string key, CancellationToken token = default) => Task.FromResult(Get(key));

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) =>
        _entries[key] = (value, options.AbsoluteExpiration
            ?? DateTimeOffset.UtcNow + (options.AbsoluteExpirationRelativeToNow ?? TimeSpan.FromHours(1)));

    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        Set(key, value, options);
        return Task.CompletedTask;
    }

    public void Remove(string key) => _entries.TryRemove(key, out _);

    public Task RemoveAsync(string key, CancellationToken token = default)
    {
        Remove(key);
        return Task.CompletedTask;
    }

    public void Refresh(string key)
    {
    }

    public Task RefreshAsync(string key, CancellationToken token = default) => Task.CompletedTask;
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "ZiggyCreatures.FusionCache $fusion, Microsoft.Extensions.Caching.Hybrid $hybrid"
echo "$seen"
expected="Microsoft's HybridCache:
  entry of 1 s, locally 5 min, after 3 s: second
  entry locally of 1 s, after 3 s: first
  tuple on another node: (answer, 42)
FusionCache as HybridCache:
  entry of 1 s, locally 5 min, after 3 s: first
  entry locally of 1 s, after 3 s: second
  tuple on another node: (, 0)"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: three answers differ."

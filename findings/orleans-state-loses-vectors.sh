#!/usr/bin/env bash
# Microsoft.Orleans 10.4.2: a grain's state that is written and read again has lost its vectors, and nothing says so.
#
# Expected: what [GenerateSerializer] and [Id] describe, and what therefore arrives in a call, comes back from the grain's storage too, or
#           the write fails. ReadOnlyMemory<float> is what embeddings of Microsoft.Extensions.AI are.
# Seen:     storage does not use that serializer but Newtonsoft.Json, which writes of a Memory its length alone. The next activation finds an
#           empty vector. A stack comes back upside down, a set that ignores case minds it, the decimal 1.10 among objects is a double.
#           As long as the grain stays active everything is right: tests that read once pass.
# So keep vectors as arrays, or give the storage Orleans' own serializer (OrleansGrainStorageSerializer as its GrainStorageSerializer).
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
    <PackageReference Include="Microsoft.Orleans.Persistence.Memory" Version="[$version]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Serialization;
using Orleans.Storage;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
IHostBuilder builder = Host.CreateDefaultBuilder(args)
    .ConfigureLogging(logging => logging.ClearProviders())
    .UseOrleans(silo => silo
        .UseLocalhostClustering()
        .AddMemoryGrainStorage("json")
        .AddMemoryGrainStorage("orleans", (Microsoft.Extensions.Options.OptionsBuilder<Orleans.Configuration.MemoryGrainStorageOptions> options) =>
            options.Configure<Serializer>((storage, serializer) => storage.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer))));
using IHost host = builder.Build();
await host.StartAsync();
IGrainFactory grains = host.Services.GetRequiredService<IGrainFactory>();
foreach ((string name, INote grain) in new (string, INote)[]
    { ("default storage", grains.GetGrain<IJsonNote>(0)), ("storage with Orleans' serializer", grains.GetGrain<IOrleansNote>(0)) })
{
    await grain.Write();
    Console.WriteLine($"{name}, written: {await grain.Tell()}");
    await grain.Read();
    Console.WriteLine($"{name}, read: {await grain.Tell()}");
}
await host.StopAsync();

public interface INote : IGrainWithIntegerKey
{
    Task Write();
    Task Read();
    Task<string> Tell();
}

public interface IJsonNote : INote;
public interface IOrleansNote : INote;

public class JsonNote([PersistentState("note", "json")] IPersistentState<State> state) : Note(state), IJsonNote;
public class OrleansNote([PersistentState("note", "orleans")] IPersistentState<State> state) : Note(state), IOrleansNote;

public abstract class Note(IPersistentState<State> state) : Grain
{
    public Task Write()
    {
        state.State = new State
        {
            Vector = new float[] { 1, 2, 3 },
            Steps = new Stack<string>(["first", "second", "third"]),
            Names = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "Ada" },
            Values = new Dictionary<string, object> { ["price"] = 1.10m }
        };
        return state.WriteStateAsync();
    }

    public Task Read() => state.ReadStateAsync();

    public Task<string> Tell()
    {
        State now = state.State;
        object price = now.Values["price"];
        return Task.FromResult(
            $"vector of {now.Vector.Length}, on top {now.Steps.Peek()}, knows ADA {now.Names.Contains("ADA")}, price {price} ({price.GetType().Name})");
    }
}

[GenerateSerializer]
public class State
{
    [Id(0)] public ReadOnlyMemory<float> Vector { get; set; }
    [Id(1)] public Stack<string> Steps { get; set; }
    [Id(2)] public HashSet<string> Names { get; set; }
    [Id(3)] public Dictionary<string, object> Values { get; set; }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "Microsoft.Orleans $version"
echo "$seen"
expected="default storage, written: vector of 3, on top third, knows ADA True, price 1.10 (Decimal)
default storage, read: vector of 0, on top first, knows ADA False, price 1.1 (Double)
storage with Orleans' serializer, written: vector of 3, on top third, knows ADA True, price 1.10 (Decimal)
storage with Orleans' serializer, read: vector of 3, on top third, knows ADA True, price 1.10 (Decimal)"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: the vector is empty after it was read, and nothing was thrown."

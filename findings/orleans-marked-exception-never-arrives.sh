#!/usr/bin/env bash
# Microsoft.Orleans 10.4.2: an exception of one's own that is marked [GenerateSerializer] can be neither copied nor sent.
#
# Expected: [GenerateSerializer] with [Id] makes the fields of a type travel, those of exceptions too. A base class that prevents it is told
#           by the analyzers that Microsoft.Orleans.Sdk brings, which name much smaller mistakes.
# Seen:     with a base such as InvalidOperationException it builds without a warning, and every copy ends with a KeyNotFoundException
#           ("Could not find a base type copier"). A grain that throws it gives its caller that instead of the failure, also where the
#           caller is in the same process. With Exception itself as the base it works.
# So an exception of one's own that a grain throws is derived from Exception, or bears no mark and puts what it tells into Data.
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
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Orleans.Sdk" Version="[$version]" />
    <PackageReference Include="Microsoft.Extensions.DependencyInjection" Version="10.0.14" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Serialization;

using ServiceProvider services = new ServiceCollection().AddSerializer().BuildServiceProvider();
DeepCopier copier = services.GetRequiredService<DeepCopier>();
Serializer serializer = services.GetRequiredService<Serializer>();

string marked = Try(new Marked { Limit = 7 });
string onException = Try(new MarkedOnException { Limit = 7 });
Console.WriteLine($"of InvalidOperationException: {marked}");
Console.WriteLine($"of Exception: {onException}");
return marked == "KeyNotFoundException" && onException == "MarkedOnException, limit 7" ? 0 : 1;

string Try(Exception failure)
{
    try
    {
        Exception copy = copier.Copy(failure)!;
        Exception sent = serializer.Deserialize<Exception>(serializer.SerializeToArray(copy))!;
        return sent switch
        {
            Marked one => $"Marked, limit {one.Limit}",
            MarkedOnException one => $"MarkedOnException, limit {one.Limit}",
            _ => sent.GetType().Name,
        };
    }
    catch (Exception exception)
    {
        return exception.GetBaseException().GetType().Name;
    }
}

[GenerateSerializer]
public sealed class Marked : InvalidOperationException
{
    [Id(0)]
    public int Limit { get; set; }
}

[GenerateSerializer]
public sealed class MarkedOnException : Exception
{
    [Id(0)]
    public int Limit { get; set; }
}
EOF

dotnet run || { echo "This has changed."; exit 1; }

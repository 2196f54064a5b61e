#!/usr/bin/env bash
# TorchSharp 0.107.0: a DllImportResolver cannot tell TorchSharp where libtorch is.
#
# Expected: an application that keeps libtorch in a folder of its own names it with NativeLibrary.SetDllImportResolver for TorchSharp's
#           assembly, as for any other library: the native functions are DllImports of that assembly.
# Seen:     before its first import TorchSharp looks for libtorch with NativeLibrary.TryLoad(name, assembly). The runtime asks resolvers
#           for imports only, not in TryLoad, so the resolver is asked 0 times and every use of torch fails. An import of the same
#           assembly, called directly, does ask it: the resolver is in place.
# What helps is the event AssemblyLoadContext.ResolvingUnmanagedDll, which TryLoad does raise.
set -euo pipefail
version=0.107.0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export NUGET_PACKAGES="$folder/packages"

cat >finding.csproj <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="TorchSharp" Version="[$version]" />
  </ItemGroup>
</Project>
EOF
cat >Program.cs <<'EOF'
using System;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using TorchSharp;

Assembly torchSharp = typeof(torch).Assembly;
int asked = 0, raised = 0;
AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, _) =>
{
    raised++;
    return 0;
};
NativeLibrary.SetDllImportResolver(torchSharp, (_, _, _) =>
{
    asked++;
    return 0;
});

Console.WriteLine($"seen: torch.zeros {Outcome(() => torch.zeros(1))}, resolver asked {asked} times, event raised: {raised > 0}");
asked = 0;
MethodInfo import = torchSharp.GetType("TorchSharp.PInvoke.NativeMethods", throwOnError: true)
    .GetMethod("THSTorch_get_num_threads", BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public);
Console.WriteLine($"seen: an import {Outcome(() => import.Invoke(null, null))}, resolver asked {asked} times");

static string Outcome(Action use)
{
    try
    {
        use();
        return "works";
    }
    catch (Exception exception)
    {
        return $"fails ({exception.GetBaseException().GetType().Name})";
    }
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build | grep '^seen: ')
echo "TorchSharp $version"
echo "$seen"
expected="seen: torch.zeros fails (NotSupportedException), resolver asked 0 times, event raised: True
seen: an import fails (DllNotFoundException), resolver asked 1 times"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: TorchSharp's own search asks no resolver."

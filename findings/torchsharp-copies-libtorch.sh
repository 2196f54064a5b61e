#!/usr/bin/env bash
# TorchSharp 0.107.0 on Linux x64: an application without libtorch gets a copy of it in its own folder when it first uses torch.
#
# Expected: an application that references TorchSharp and no package of libtorch fails on the first use of torch, and writes nothing.
# Seen:     TorchSharp looks into the machine's package cache. If another project has brought libtorch there, it copies the whole package
#           and its own native library, some 480 MB, to the folder "cpu" beside the application, and tries to load that. On Debian 12,
#           Ubuntu 22.04 and RHEL 9 the load then fails (see torchsharp-unused-glibcxx.sh), and the copy stays.
# So a health check or a test that asks "is there a GPU?" fills the disk, and an application may run on a libtorch that it never named.
set -euo pipefail
version=0.107.0
libtorch=2.10.0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export NUGET_PACKAGES="$folder/packages"

mkdir other finding
cat >other/other.csproj <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="libtorch-cpu-linux-x64" Version="[$libtorch]" />
  </ItemGroup>
</Project>
EOF
cat >finding/finding.csproj <<EOF
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
cat >finding/Program.cs <<'EOF'
try
{
    TorchSharp.torch.zeros(1);
    System.Console.WriteLine("use of torch: it works");
}
catch (System.TypeInitializationException)
{
    System.Console.WriteLine("use of torch: it fails");
}
EOF

dotnet restore other -v q >restore.log 2>&1 || { cat restore.log; exit 1; }
dotnet build finding --nologo -v q -o app >build.log 2>&1 || { cat build.log; exit 1; }
before=$(find app -name 'libtorch*' | wc -l)
used=$(dotnet app/finding.dll | grep '^use of torch')
files=$(find app/cpu -name '*.so*' 2>/dev/null | wc -l)
megabytes=$(du -sm app/cpu 2>/dev/null | cut -f1)

echo "TorchSharp $version, an application that does not reference libtorch, and libtorch $libtorch of another project in the package cache"
echo "files of libtorch in the application's folder when it is built: $before"
echo "$used"
echo "files in the application's folder cpu afterwards: $files, ${megabytes:-0} MB"
if [ "$before" != 0 ] || [ "$files" != 13 ] || [ "${megabytes:-0}" -lt 400 ]; then
    echo "The finding has changed: it was 0 files of libtorch before, 13 files and some 480 MB after."
    exit 1
fi
echo "As found: the use of torch copied libtorch beside the application."

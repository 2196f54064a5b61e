#!/usr/bin/env bash
# TorchSharp 0.107.0 on Linux x64: what keeps it from Debian 12, Ubuntu 22.04 and RHEL 9 is a symbol that nothing in it uses.
#
# Expected: a library that demands GLIBCXX_3.4.32 (GCC 13) calls something that came with it.
# Seen:     libLibTorchSharp.so demands that version for one symbol, std::ios_base_library_init(), which <iostream> of GCC 13 merely
#           mentions. No relocation refers to it. Every other version that it demands is at most GLIBCXX_3.4.30, which GCC 12 has.
#           The loader checks versions before symbols, so it refuses the library on those systems although nothing is missing.
# Needs readelf (binutils). Reads the library, loads nothing.
set -euo pipefail
version=0.107.0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >finding.csproj <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <RestorePackagesPath>$folder/packages</RestorePackagesPath>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="TorchSharp" Version="[$version]" />
  </ItemGroup>
</Project>
EOF
dotnet restore -v q >restore.log 2>&1 || { cat restore.log; exit 1; }
library=packages/torchsharp/$version/runtimes/linux-x64/native/libLibTorchSharp.so

newest=$(readelf -VW "$library" | grep -o 'Name: GLIBCXX_[0-9.]*' | sed 's/Name: //' | sort -uV | tail -n 2 | tr '\n' ' ')
symbols=$(readelf --dyn-syms -W "$library" | awk '/@GLIBCXX_3\.4\.32/ {print $8}' | tr '\n' ' ')
relocations=$(readelf -rW "$library" | grep -c '_ZSt21ios_base_library_initv' || true)
all=$(readelf -rW "$library" | grep -c '^[0-9a-f]' || true)

echo "TorchSharp $version, $(basename "$library")"
echo "its two newest versions of libstdc++: $newest"
echo "symbols of GLIBCXX_3.4.32: $symbols"
echo "relocations that refer to them: $relocations of $all"
if [ "$newest" != "GLIBCXX_3.4.30 GLIBCXX_3.4.32 " ] || [ "$symbols" != "_ZSt21ios_base_library_initv@GLIBCXX_3.4.32 " ] \
    || [ "$relocations" != 0 ] || [ "$all" -lt 1000 ]; then
    echo "The finding has changed: it was one symbol of GLIBCXX_3.4.32, 0 relocations, and GLIBCXX_3.4.30 for the rest."
    exit 1
fi
echo "As found: the version is demanded, the symbol is never used."

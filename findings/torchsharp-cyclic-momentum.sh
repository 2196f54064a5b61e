#!/usr/bin/env bash
# TorchSharp 0.107.0 on Linux x64: CyclicLR raises the momentum above max_momentum, to 1 with its defaults, where the rate is highest.
#
# Expected: cycle_momentum (on by default) moves the momentum against the learning rate, as in PyTorch: max_momentum (0.9) where the rate is
#           lowest, base_momentum (0.8) where it is highest.
# Seen:     it moves with the rate, from max_momentum up to max_momentum + (max_momentum - base_momentum). With the defaults that is exactly
#           1 at the top of each cycle, where SGD forgets no past step while it makes its largest ones.
# So a range of rates that trains in PyTorch diverges or oscillates. base_momentum: 1.0 with max_momentum: 0.9 moves from 0.9 to 0.8 as meant;
# cycle_momentum: false leaves the momentum alone.
set -euo pipefail
version=0.107.0
libtorch=2.10.0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >finding.csproj <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <RuntimeIdentifier>linux-x64</RuntimeIdentifier>
    <SelfContained>false</SelfContained>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="TorchSharp" Version="[$version]" />
    <PackageReference Include="libtorch-cpu-linux-x64" Version="[$libtorch]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using System.Globalization;
using TorchSharp;
using TorchSharp.Modules;

MarkAsWeak("GLIBCXX_3.4.32");
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
foreach (double lowest in new[] { 0.8, 1.0 })
{
    var optimizer = torch.optim.SGD([new Parameter(torch.ones(1))], 0.001, momentum: 0.9);
    var scheduler = torch.optim.lr_scheduler.CyclicLR(
        optimizer, base_lr: 0.001, max_lr: 0.01, step_size_up: 4, base_momentum: lowest, max_momentum: 0.9);
    Console.WriteLine($"base_momentum {lowest:0.0}, max_momentum 0.9:");
    for (int step = 0; step <= 8; step++, scheduler.step())
    {
        var group = (SGD.ParamGroup)optimizer.ParamGroups.Single();
        if (step % 2 == 0)
            Console.WriteLine($"  step {step}: rate {group.LearningRate:0.0000}, momentum {group.Options.momentum:0.000}");
    }
}

// The native library asks for a version of libstdc++ that no symbol of it uses. Where that version is missing (Debian 12), the loader
// accepts the library if it is marked as weak (VER_FLG_WEAK), which changes nothing elsewhere.
static void MarkAsWeak(string name)
{
    string file = Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so");
    byte[] bytes = File.ReadAllBytes(file);
    uint hash = 0;
    foreach (char letter in name)
    {
        hash = (hash << 4) + letter;
        uint high = hash & 0xF0000000;
        hash = (hash ^ (high >> 24)) & ~high;
    }
    for (int at = 0; at + 6 <= bytes.Length; at += 4)
        if (BitConverter.ToUInt32(bytes, at) == hash && BitConverter.ToUInt16(bytes, at + 4) == 0)
            bytes[at + 4] = 2;
    File.WriteAllBytes(file, bytes);
}
EOF

dotnet build --nologo -v q >build.log 2>&1 || { cat build.log; exit 1; }
seen=$(dotnet run --no-build)
echo "TorchSharp $version, libtorch $libtorch"
echo "$seen"
expected="base_momentum 0.8, max_momentum 0.9:
  step 0: rate 0.0010, momentum 0.900
  step 2: rate 0.0055, momentum 0.950
  step 4: rate 0.0100, momentum 1.000
  step 6: rate 0.0055, momentum 0.950
  step 8: rate 0.0010, momentum 0.900
base_momentum 1.0, max_momentum 0.9:
  step 0: rate 0.0010, momentum 0.900
  step 2: rate 0.0055, momentum 0.850
  step 4: rate 0.0100, momentum 0.800
  step 6: rate 0.0055, momentum 0.850
  step 8: rate 0.0010, momentum 0.900"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: the momentum leaves the range that it was given, upwards."

#!/usr/bin/env bash
# TorchSharp 0.107.0 on Linux x64: OneCycleLR anneals every group of parameters but the second, whose rate swings until the end.
#
# Expected: one rate for all groups that have the same max_lr, as in PyTorch: up to max_lr in the first 30 % of the steps, then down to
#           nearly 0 at the last one.
# Seen:     the second group stays in the phase of the warm-up: its rate falls and rises along the same cosine again and again. Of 20 steps
#           the 16th, where the others have a fifth of max_lr left, has max_lr, and the last one thirty thousand times the rate of the
#           others. Momentum (beta1) swings alike. With three_phase = true it is the third group.
# So the usual two groups, with and without weight decay, do not cool down together, and results differ from the same training in PyTorch;
# a LambdaLR that computes the cycle itself has one rate for all.
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
AdamW.ParamGroup[] groups = [.. Enumerable.Range(0, 3).Select(_ => new AdamW.ParamGroup([new Parameter(torch.ones(1))]))];
var optimizer = torch.optim.AdamW(groups, 0.001);
var scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr: 0.01, total_steps: 20);
for (int step = 1; step <= 20; step++)
{
    if (step is 1 or 3 or 6 or 11 or 16 or 20)
        Console.WriteLine($"step {step}: {string.Join(", ", optimizer.ParamGroups.Select(group => $"{group.LearningRate:0.00000}"))}");
    if (step < 20)
        scheduler.step();
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
expected="step 1: 0.00040, 0.00040, 0.00040
step 3: 0.00372, 0.00372, 0.00372
step 6: 0.01000, 0.01000, 0.01000
step 11: 0.00717, 0.00040, 0.00717
step 16: 0.00188, 0.01000, 0.00188
step 20: 0.00000, 0.00132, 0.00000"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: the second of three equal groups has rates of its own."

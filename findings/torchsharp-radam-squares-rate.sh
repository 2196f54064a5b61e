#!/usr/bin/env bash
# TorchSharp 0.107.0 on Linux x64: after its first five steps, RAdam steps by the square of the learning rate.
#
# Expected: RAdam of the paper and of PyTorch moves a parameter whose gradient is always 1 by the learning rate in each of the first five
#           steps, and then by the learning rate times the rectification, 0.026 in step 6 and nearly 1 after some thousand steps.
# Seen:     from step 6 on the learning rate is in the product twice: with 0.001 each step is a thousandth of what it should be. Five good
#           steps, no error, and a loss that stands still.
# So with the usual rates RAdam trains next to nothing; Adam and AdamW are as they should be. TorchSharp's rate has to be the root of that of
# PyTorch (and the first five steps are then too large).
# Of libtorch's 480 MB nothing but the arithmetic of one number is used.
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
using TorchSharp;
using TorchSharp.Modules;

MarkAsWeak("GLIBCXX_3.4.32");
const double Beta2 = 0.999;
foreach (double rate in new[] { 0.1, 0.01, 0.001 })
{
    Parameter weight = new(torch.zeros(1, torch.float64));
    var optimizer = torch.optim.RAdam([weight], rate);
    double before = 0;
    for (int step = 1; step <= 2000; step++)
    {
        optimizer.zero_grad();
        weight.sum().backward();
        optimizer.step();
        double moved = before - weight.item<double>();
        before = weight.item<double>();
        if (step is not (5 or 6 or 2000))
            continue;
        // The paper's length of the average, and its rectification from a length of 5 on.
        double longest = 2 / (1 - Beta2) - 1;
        double length = longest - 2 * step * Math.Pow(Beta2, step) / (1 - Math.Pow(Beta2, step));
        double rectification = length <= 5
            ? 1
            : Math.Sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
        FormattableString line = $"rate {rate}, step {step}: {moved / (rate * rectification):0.0000} of what it should be";
        Console.WriteLine(FormattableString.Invariant(line));
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
expected="rate 0.1, step 5: 1.0000 of what it should be
rate 0.1, step 6: 0.1000 of what it should be
rate 0.1, step 2000: 0.1000 of what it should be
rate 0.01, step 5: 1.0000 of what it should be
rate 0.01, step 6: 0.0100 of what it should be
rate 0.01, step 2000: 0.0100 of what it should be
rate 0.001, step 5: 1.0000 of what it should be
rate 0.001, step 6: 0.0010 of what it should be
rate 0.001, step 2000: 0.0010 of what it should be"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: from step 6 on the learning rate is applied twice."

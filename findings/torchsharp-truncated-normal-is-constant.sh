#!/usr/bin/env bash
# TorchSharp 0.107.0 on Linux x64: trunc_normal_ fills a tensor with one number, and xavier_normal_ draws from a uniform distribution.
#
# Expected: as in PyTorch, trunc_normal_ draws from a normal distribution with the mean and the standard deviation that it is given, cut off at a
#           and b, and xavier_normal_ from a normal distribution, of which 5 % are further than two standard deviations from the mean.
# Seen:     trunc_normal_ takes the standard deviation for the mean and the mean for the scale. With mean 0, as weights have it, every weight is
#           the standard deviation itself. xavier_normal_ is xavier_uniform_: none is that far. normal_ and kaiming_normal_ are normal.
# So a vision transformer that is initialized as usual (trunc_normal_ with 0.02) begins with equal units, which get equal gradients and stay
# equal. Draw with normal_ and cut off with clamp_.
# Of libtorch's 480 MB nothing but random numbers and their moments is used.
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
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

MarkAsWeak("GLIBCXX_3.4.32");
torch.random.manual_seed(1);
Print("normal_(std: 0.02)", weights => init.normal_(weights, std: 0.02));
Print("trunc_normal_(std: 0.02)", weights => init.trunc_normal_(weights, std: 0.02));
Print("trunc_normal_(mean: 1, std: 0.25)", weights => init.trunc_normal_(weights, mean: 1, std: 0.25));
Print("kaiming_normal_()", weights => init.kaiming_normal_(weights));
Print("xavier_normal_()", weights => init.xavier_normal_(weights));

static void Print(string name, Func<Tensor, Tensor> fill)
{
    Tensor weights = fill(torch.empty(1000, 1000)).to(float64);
    Tensor mean = weights.mean();
    Tensor deviation = weights.std();
    bool same = weights.eq(weights[0, 0]).all().item<bool>();
    double far = 100 * (weights - mean).abs().gt(2 * deviation).to(float64).mean().item<double>();
    string shape = same ? "all the same" : FormattableString.Invariant($"{far:0} % beyond two deviations");
    string moments = FormattableString.Invariant($"mean {Math.Abs(mean.item<double>()):0.00}, deviation {deviation.item<double>():0.000}");
    Console.WriteLine($"{name}: {moments}, {shape}");
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
cat >expected <<'EOF'
normal_(std: 0.02): mean 0.00, deviation 0.020, 5 % beyond two deviations
trunc_normal_(std: 0.02): mean 0.02, deviation 0.000, all the same
trunc_normal_(mean: 1, std: 0.25): mean 0.25, deviation 0.702, 5 % beyond two deviations
kaiming_normal_(): mean 0.00, deviation 0.045, 5 % beyond two deviations
xavier_normal_(): mean 0.00, deviation 0.032, 0 % beyond two deviations
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: trunc_normal_ is constant, and xavier_normal_ is not normal."

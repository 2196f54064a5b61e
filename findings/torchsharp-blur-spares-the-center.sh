#!/usr/bin/env bash
# TorchSharp 0.107.0 with TorchVision 0.107.0 on Linux x64: a Gaussian blur weighs the pixel itself not at all, and its farthest neighbors most.
#
# Expected: as in torchvision, the weights of a Gaussian kernel are exp(-x² / 2σ²), divided by their sum: the largest in the middle, and the wider
#           the larger σ is.
# Seen:     the exponential is missing. The weights are x² / 2σ², divided by their sum, which σ drops out of: 0.4, 0.1, 0, 0.1, 0.4 for five
#           pixels, whatever σ is. A white dot becomes black, with four ghosts around it.
# So GaussianBlur among the augmentations of contrastive learning doubles edges in place of softening them, and its range of σ changes nothing;
# use conv2d with a kernel of one's own.
# Of libtorch's 480 MB nothing but an image of 9 by 9 pixels is used.
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
    <PackageReference Include="TorchVision" Version="[$version]" />
    <PackageReference Include="libtorch-cpu-linux-x64" Version="[$libtorch]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torchvision.transforms;

MarkAsWeak("GLIBCXX_3.4.32");
Tensor dot = torch.zeros(1, 1, 9, 9);
dot[0, 0, 4, 4] = 1;
foreach (float sigma in new[] { 0.5f, 1, 2 })
{
    // What the columns of the blurred dot add up to are the weights of the kernel in one direction.
    Tensor blurred = functional.gaussian_blur(dot, 5, sigma);
    float[] weights = blurred.sum(new long[] { 0, 1, 2 }).data<float>().ToArray()[2..7];
    double[] expected = [.. Enumerable.Range(-2, 5).Select(x => Math.Exp(-x * x / (2 * sigma * sigma)))];
    double sum = expected.Sum();
    Console.WriteLine(FormattableString.Invariant($"sigma {sigma}: the middle of the blurred dot is {blurred[0, 0, 4, 4].item<float>():0.00}"));
    Console.WriteLine($"  weights:  {string.Join("  ", weights.Select(weight => FormattableString.Invariant($"{weight:0.00}")))}");
    Console.WriteLine($"  expected: {string.Join("  ", expected.Select(weight => FormattableString.Invariant($"{weight / sum:0.00}")))}");
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
echo "TorchSharp and TorchVision $version, libtorch $libtorch"
echo "$seen"
cat >expected <<'EOF'
sigma 0.5: the middle of the blurred dot is 0.00
  weights:  0.40  0.10  0.00  0.10  0.40
  expected: 0.00  0.11  0.79  0.11  0.00
sigma 1: the middle of the blurred dot is 0.00
  weights:  0.40  0.10  0.00  0.10  0.40
  expected: 0.05  0.24  0.40  0.24  0.05
sigma 2: the middle of the blurred dot is 0.00
  weights:  0.40  0.10  0.00  0.10  0.40
  expected: 0.15  0.22  0.25  0.22  0.15
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: the weights are those of a parabola."

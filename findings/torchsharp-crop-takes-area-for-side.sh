#!/usr/bin/env bash
# TorchSharp 0.107.0 with TorchVision 0.107.0 on Linux x64: RandomResizedCrop takes its share of the area for a share of the side, and has no
# aspect ratios.
#
# Expected: as documented and as in torchvision, scaleMin and scaleMax bound the area of the crop, and ratioMin and ratioMax its aspect ratio: a
#           quarter of an image of 100 by 100 with a ratio of 2 is about 71 by 35. With the defaults no crop has less than 8 % of the area.
# Seen:     both sides are multiplied by the scale: the quarter is 25 by 25, a sixteenth. The ratios are stored and not looked at: each crop has
#           the shape of the image. With the defaults (0.08 to 1, 3/4 to 4/3) a crop can be 8 by 8, less than 1 % of the area.
# So the usual recipe for training on photographs shows patches without the object, and never a stretched one; take the roots of the scales.
# Of libtorch's 480 MB nothing but an image of 100 by 100 pixels is used.
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
// Each pixel says where it is.
Tensor image = torch.arange(100 * 100, dtype: int32).to(float32).reshape(1, 100, 100);
Print("a quarter, ratio 2", 0.25, 2);
Print("a quarter, ratio 0.5", 0.25, 0.5);
Print("0.08, the smallest by default, ratio 1", 0.08, 1);

void Print(string name, double scale, double ratio)
{
    // Bounds that are equal leave nothing to chance but the place.
    Tensor crop = RandomResizedCrop(200, scaleMin: scale, scaleMax: scale, ratioMin: ratio, ratioMax: ratio).call(image);
    int first = (int)crop[0, 0, 0].item<float>();
    int last = (int)crop[0, 199, 199].item<float>();
    (int width, int height) = (last % 100 - first % 100 + 1, last / 100 - first / 100 + 1);
    double side = Math.Sqrt(10_000 * scale);
    string expected = FormattableString.Invariant($"expected {side * Math.Sqrt(ratio):0} x {side / Math.Sqrt(ratio):0}");
    Console.WriteLine(FormattableString.Invariant($"{name}: {width} x {height}, {width * height / 100.0} % of the area; {expected}"));
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
a quarter, ratio 2: 25 x 25, 6.25 % of the area; expected 71 x 35
a quarter, ratio 0.5: 25 x 25, 6.25 % of the area; expected 35 x 71
0.08, the smallest by default, ratio 1: 8 x 8, 0.64 % of the area; expected 28 x 28
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: the scale is that of the sides."

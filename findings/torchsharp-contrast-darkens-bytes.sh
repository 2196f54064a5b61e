#!/usr/bin/env bash
# TorchSharp 0.107.0 with TorchVision 0.107.0 on Linux x64: contrast and saturation of an image of bytes are its brightness, and the hue of a
# single image is not changed.
#
# Expected: as in torchvision, an image has the same contrast and saturation whether it is of bytes, as read_image reads it, or of floats from
#           0 to 1. Half the contrast moves each value halfway to the mean; a gray image has no saturation to change. The hue of an image
#           changes with the image alone or in a batch.
# Seen:     rgb_to_grayscale makes floats from 0 to 1 of bytes, and the image is mixed with them as if they were bytes too, so with black. Half
#           the contrast and half the saturation are half the brightness, none is black. Of floats both are right. adjust_hue leaves an image
#           of three dimensions as it is.
# So ColorJitter on images as they were read varies their brightness only, without an error; make floats of them first (ConvertImageDtype), and
# a batch of one.
# Of libtorch's 480 MB nothing but images of a few pixels are used.
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
byte[] ramp = [50, 100, 150, 200];
Tensor gray = torch.tensor((byte[])[.. ramp, .. ramp, .. ramp]).reshape(3, 1, 4);
foreach (double factor in new[] { 0.5, 0 })
{
    Print(FormattableString.Invariant($"contrast {factor}"), functional.adjust_contrast, gray, factor);
    Print(FormattableString.Invariant($"saturation {factor}"), functional.adjust_saturation, gray, factor);
}
Tensor red = torch.tensor(new byte[] { 200, 0, 0 }).reshape(3, 1, 1);
string alone = Text(functional.adjust_hue(red, 0.33));
string inBatch = Text(functional.adjust_hue(red.unsqueeze(0), 0.33));
Console.WriteLine($"hue of red, by a third: alone {alone}, in a batch {inBatch}");

static void Print(string name, Func<Tensor, double, Tensor> adjust, Tensor image, double factor)
{
    Tensor floats = adjust(functional.convert_image_dtype(image, float32), factor) * 255;
    Console.WriteLine($"{name} of a gray ramp: bytes {Text(adjust(image, factor)[0])}, floats {Text(floats.round()[0])}");
}

static string Text(Tensor image) => string.Join(' ', image.reshape(-1).to(int64).data<long>().ToArray());

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
contrast 0.5 of a gray ramp: bytes 25 50 75 100, floats 87 112 137 162
saturation 0.5 of a gray ramp: bytes 25 50 75 100, floats 50 100 150 200
contrast 0 of a gray ramp: bytes 0 0 0 0, floats 125 125 125 125
saturation 0 of a gray ramp: bytes 0 0 0 0, floats 50 100 150 200
hue of red, by a third: alone 200 0 0, in a batch 3 200 0
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: contrast and saturation of bytes are brightness."

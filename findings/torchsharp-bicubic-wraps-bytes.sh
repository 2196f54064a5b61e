#!/usr/bin/env bash
# TorchSharp 0.107.0 with TorchVision 0.107.0 on Linux x64: an image of bytes that is resized with Bicubic has white pixels in the black and black
# ones in the white beside every edge.
#
# Expected: bicubic interpolation overshoots at an edge, to below 0 and above 255; torchvision cuts that off before it makes bytes of it.
#           maxSize limits the longer side of the resized image, as documented.
# Seen:     the numbers are made bytes as they are: -6 is 250, 273 is 17. Images of floats are right, those of bytes with Bilinear too. And
#           maxSize is not looked at: an image of 100 by 400, resized to 50 with at most 60, is 50 by 200 and not 15 by 60.
# So thumbnails with antialias, the setting that the documentation recommends, get bright and dark seams, and a limit on the size is none; resize
# floats, and clamp them.
# Of libtorch's 480 MB nothing but an image of 8 by 8 pixels is used.
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
Tensor edge = torch.tensor(new byte[] { 0, 0, 0, 0, 255, 255, 255, 255 }).reshape(1, 1, 8).repeat(1, 8, 1);
foreach (InterpolationMode mode in new[] { InterpolationMode.Bilinear, InterpolationMode.Bicubic })
{
    Console.WriteLine($"{mode}, bytes:  {Text(functional.resize(edge, 16, 16, mode, null, antialias: true))}");
    Console.WriteLine($"{mode}, floats: {Text(functional.resize(edge.to(float32), 16, 16, mode, null, antialias: true).round())}");
}
Tensor wide = torch.zeros(3, 100, 400);
Console.WriteLine($"100 x 400 to 50, at most 60: {string.Join(" x ", functional.resize(wide, 50, -1, maxSize: 60).shape[1..])}");

static string Text(Tensor image) => string.Join(' ', image[0, 8].to(int64).data<long>().ToArray()[4..12]);

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
seen=$(dotnet run --no-build 2>warnings.log)
echo "TorchSharp and TorchVision $version, libtorch $libtorch"
echo "$seen"
cat >expected <<'EOF'
Bilinear, bytes:  0 0 0 64 191 255 255 255
Bilinear, floats: 0 0 0 64 191 255 255 255
Bicubic, bytes:  0 250 238 52 203 17 5 255
Bicubic, floats: 0 -6 -18 52 203 273 261 255
100 x 400 to 50, at most 60: 50 x 200
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: what overshoots wraps around."

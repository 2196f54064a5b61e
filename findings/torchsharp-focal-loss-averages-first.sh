#!/usr/bin/env bash
# TorchSharp 0.107.0 with TorchVision 0.107.0 on Linux x64: sigmoid_focal_loss with a reduction does not focus.
#
# Expected: the focal loss weighs the cross entropy of each example by (1 - p)^gamma, so that examples that are classified well hardly count, and
#           adds up or averages after that (Lin et al., 2017; torchvision): Mean is the mean of what None gives.
# Seen:     the cross entropy is reduced first, and the mean or sum of all examples is multiplied by the weights. The gradient of one missed
#           object among 1,000 well-classified examples is 11 times that of one of them, not 1,193 times.
# So RetinaNet's loss loses what it is for, and still falls; take Reduction.None and call mean() or sum().
# Of libtorch's 480 MB nothing but a loss of 1,001 numbers is used.
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
using static TorchSharp.torch.nn;
using static TorchSharp.torchvision;

MarkAsWeak("GLIBCXX_3.4.32");
// A thousand examples of the background that are classified well, and an object that is missed.
Tensor targets = torch.zeros(1001, float64);
targets[1000] = 1;
Print("mean of None", logits => ops.sigmoid_focal_loss(logits, targets, alpha: 0.25f).mean());
Print("Reduction.Mean", logits => ops.sigmoid_focal_loss(logits, targets, alpha: 0.25f, reduction: Reduction.Mean));
Print("sum of None", logits => ops.sigmoid_focal_loss(logits, targets, alpha: 0.25f).sum());
Print("Reduction.Sum", logits => ops.sigmoid_focal_loss(logits, targets, alpha: 0.25f, reduction: Reduction.Sum));

static void Print(string name, Func<Tensor, Tensor> compute)
{
    Tensor logits = torch.full(1001, -3.0, dtype: float64, requires_grad: true);
    Tensor loss = compute(logits);
    loss.backward();
    double ratio = Math.Abs(logits.grad[1000].item<double>() / logits.grad[0].item<double>());
    string value = FormattableString.Invariant($"{loss.item<double>():0.0000}, gradient of the object {ratio:0} times that of another");
    Console.WriteLine($"{name}: {value}");
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
mean of None: 0.0008, gradient of the object 1193 times that of another
Reduction.Mean: 0.0001, gradient of the object 11 times that of another
sum of None: 0.7735, gradient of the object 1193 times that of another
Reduction.Sum: 98.8188, gradient of the object 11 times that of another
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: the loss is reduced before it is weighed."

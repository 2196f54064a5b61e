#!/usr/bin/env bash
# TorchSharp 0.107.0 on Linux x64: linalg.inv_ex returns a Cholesky factor, and special.erfcx is erfc.
#
# Expected: inv_ex returns the inverse of a matrix and a code that is 0 where there is one, as documented: inv for those who want a code
#           instead of an exception. erfcx(x) is exp(x²) erfc(x), which is still a number where erfc itself is 0 (0.0188 at 30).
# Seen:     inv_ex calls what cholesky_ex calls. For a covariance matrix it returns the triangle whose product with its transpose is the matrix,
#           with code 0; for a matrix that is not positive definite it says that there is no inverse. erfcx calls what erfc calls.
# So a Kalman filter or a Mahalanobis distance that inverts with inv_ex computes with the wrong matrix, of the right shape and with code 0;
# take inv, and cholesky_ex where a code is wanted.
# Of libtorch's 480 MB nothing but the arithmetic of some numbers is used.
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

MarkAsWeak("GLIBCXX_3.4.32");
(string, double[,])[] matrices = [("covariance", new double[,] { { 4, 2 }, { 2, 3 } }), ("swap", new double[,] { { 0, 1 }, { 1, 0 } })];
foreach ((string name, double[,] values) in matrices)
{
    Tensor matrix = torch.tensor(values);
    (Tensor inverse, Tensor code) = torch.linalg.inv_ex(matrix);
    bool found = code.to(int64).item<long>() == 0;
    Console.WriteLine($"{name}, inv:    {Text(torch.linalg.inv(matrix))}");
    Console.WriteLine($"{name}, inv_ex: {(found ? Text(inverse) : "no inverse, says the code")}");
    if (found)
        Console.WriteLine($"{name}, inv_ex times its transpose: {Text(inverse.mm(inverse.t()))}");
}
Tensor points = torch.tensor(new double[] { 1, 5, 30 });
Console.WriteLine($"erfcx at 1, 5, 30: {Text(torch.special.erfcx(points))}");
Console.WriteLine($"exp(x²) erfc(x) at 1, 5: {Text((points.square().exp() * torch.special.erfc(points))[..2])}");

static string Text(Tensor values) => string.Join(' ', values.reshape(-1).data<double>().ToArray().Select(
    value => FormattableString.Invariant($"{value:0.0000}")));

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
covariance, inv:    0.3750 -0.2500 -0.2500 0.5000
covariance, inv_ex: 2.0000 0.0000 1.0000 1.4142
covariance, inv_ex times its transpose: 4.0000 2.0000 2.0000 3.0000
swap, inv:    0.0000 1.0000 1.0000 0.0000
swap, inv_ex: no inverse, says the code
erfcx at 1, 5, 30: 0.1573 0.0000 0.0000
exp(x²) erfc(x) at 1, 5: 0.4276 0.1107
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: the inverse is a Cholesky factor."

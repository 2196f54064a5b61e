#!/usr/bin/env bash
# TorchSharp 0.107.0 on Linux x64: Weibull draws negative numbers, and moments and entropies of four other distributions are not theirs.
#
# Expected: what a distribution draws, what its log_prob says and what its mean, variance, entropy and cdf say is one distribution, as in
#           PyTorch: a Weibull variable is a lifetime, and never negative.
# Seen:     Weibull turns the sign of its samples and leaves the scale out; its mean is that of the true distribution. Exponential.variance is
#           the square of the rate, not of its inverse. Geometric.mean is negative. Binomial.entropy is that of one trial, and
#           Poisson.cdf is that of an exponential distribution. Gamma agrees in everything.
# So a simulation of lifetimes runs with negative ones, and a loss with such an entropy in it is another loss; take -scale times a sample of
# Weibull, and moments and entropies from samples and log_prob.
# Of libtorch's 480 MB nothing but random numbers and their means is used.
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
torch.random.manual_seed(1);
const int Count = 200_000;

using Tensor lifetimes = distributions.Weibull(One(2), One(1.5)).sample(Count);
double negative = lifetimes.lt(0).to(float64).mean().item<double>();
Print("Weibull(scale 2, concentration 1.5), mean", distributions.Weibull(One(2), One(1.5)).mean, lifetimes.mean());
Console.WriteLine(FormattableString.Invariant($"  below 0: {100 * negative:0} % of the samples"));

var gamma = distributions.Gamma(One(2), One(3));
Tensor samples = gamma.sample(Count);
Print("Gamma(2, rate 3), variance", gamma.variance, samples.var());
Print("Gamma(2, rate 3), entropy", gamma.entropy(), -gamma.log_prob(samples).mean());

var exponential = distributions.Exponential(One(0.5));
Print("Exponential(rate 0.5), variance", exponential.variance, exponential.sample(Count).var());

var geometric = distributions.Geometric(One(0.25));
Print("Geometric(0.25), mean", geometric.mean, geometric.sample(Count).mean());

var binomial = distributions.Binomial(One(10), One(0.25));
Print("Binomial(10, 0.25), entropy", binomial.entropy(), -binomial.log_prob(binomial.sample(Count)).mean());

var poisson = distributions.Poisson(One(3));
Print("Poisson(3), at most 3", poisson.cdf(One(3)), poisson.sample(Count).le(3).to(float64).mean());

static Tensor One(double value) => torch.tensor(new[] { value });

static void Print(string name, Tensor stated, Tensor sampled) => Console.WriteLine(FormattableString.Invariant(
    $"{name}: stated {stated.item<double>():0.0}, of samples {sampled.item<double>():0.0}"));

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
expected="Weibull(scale 2, concentration 1.5), mean: stated 1.8, of samples -0.9
  below 0: 100 % of the samples
Gamma(2, rate 3), variance: stated 0.2, of samples 0.2
Gamma(2, rate 3), entropy: stated 0.5, of samples 0.5
Exponential(rate 0.5), variance: stated 0.3, of samples 4.0
Geometric(0.25), mean: stated -1.3, of samples 3.0
Binomial(10, 0.25), entropy: stated 0.6, of samples 1.7
Poisson(3), at most 3: stated 1.0, of samples 0.6"
if [ "$seen" != "$expected" ]; then
    echo "The finding has changed. It was:"
    echo "$expected"
    exit 1
fi
echo "As found: samples, densities and moments are of different distributions."

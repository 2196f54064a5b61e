#!/usr/bin/env bash
# TorchSharp.PyBridge 1.4.4 with TorchSharp 0.107.0 on Linux x64: load_py freezes every parameter that it loads.
#
# Expected: loading weights changes their values, and nothing else, as load_state_dict in PyTorch and load_safetensors of the same package: a
#           model that is trained further learns in all its layers.
# Seen:     load_py also takes over requires_grad of each tensor in the file. That is false for all of them: PyTorch's state_dict() detaches
#           what it returns, so that torch.save writes it so. The loaded layers get no gradient and stay as they are, while a new layer on top of
#           them learns, so that the loss falls. If everything was loaded, backward() throws.
# So fine-tuning of a checkpoint from Python trains the head alone, without an error; set requires_grad of all parameters again after load_py,
# or take safetensors.
# Of libtorch's 480 MB nothing but two small layers is used.
set -euo pipefail
version=1.4.4
torchsharp=0.107.0
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
    <PackageReference Include="TorchSharp.PyBridge" Version="[$version]" />
    <PackageReference Include="TorchSharp" Version="[$torchsharp]" />
    <PackageReference Include="libtorch-cpu-linux-x64" Version="[$libtorch]" />
  </ItemGroup>
</Project>
EOF

cat >Program.cs <<'EOF'
using TorchSharp;
using TorchSharp.PyBridge;
using static TorchSharp.torch;

MarkAsWeak("GLIBCXX_3.4.32");
torch.random.manual_seed(1);
using var pretrained = nn.Linear(4, 8);

// What torch.save writes of a state_dict: tensors that are detached.
Dictionary<string, Tensor> detached = pretrained.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.detach());
PyTorchPickler.PickleStateDict("weights.pt", detached);
pretrained.save_safetensors("weights.safetensors");
Train("new weights", body => { });
Train("load_safetensors", body => body.load_safetensors("weights.safetensors"));
Train("load_py", body => body.load_py("weights.pt"));

static void Train(string name, Action<nn.Module> load)
{
    using var body = nn.Linear(4, 8);
    using var head = nn.Linear(8, 1);
    load(body);
    using Tensor bodyBefore = body.weight.clone(), headBefore = head.weight.clone();
    using var optimizer = optim.SGD(body.parameters().Concat(head.parameters()), learningRate: 0.1);
    head.forward(body.forward(torch.randn(16, 4))).pow(2).mean().backward();
    optimizer.step();
    Console.WriteLine($"{name}: loaded layer {Change(body.weight, bodyBefore)}, new layer {Change(head.weight, headBefore)}");
}

static string Change(Tensor after, Tensor before) => after.equal(before).all().item<bool>() ? "stays as it is" : "learns";

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
echo "TorchSharp.PyBridge $version, TorchSharp $torchsharp, libtorch $libtorch"
echo "$seen"
cat >expected <<'EOF'
new weights: loaded layer learns, new layer learns
load_safetensors: loaded layer learns, new layer learns
load_py: loaded layer stays as it is, new layer learns
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: what load_py has loaded does not learn."

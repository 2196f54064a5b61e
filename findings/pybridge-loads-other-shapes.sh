#!/usr/bin/env bash
# TorchSharp.PyBridge 1.4.4 with TorchSharp 0.107.0 on Linux x64: weights of another shape are loaded, and fill a part of the parameter.
#
# Expected: a checkpoint whose shapes are not those of the model is refused, as PyTorch does ("size mismatch"), and so much the more with
#           strict, which is on by default.
# Seen:     load_py compares names only, and reads the tensor into the first elements of the parameter. A head of 2 classes goes into one of 3,
#           whose third row keeps the numbers that it had; a transposed matrix goes in as it lies in the file. Only what is too large is refused.
#           load_safetensors refuses both, but repeats a single row or bias for all classes, as TorchSharp's load_state_dict does.
# So a wrong number of labels or of heads in a configuration, or a layer that Python stores the other way round (as GPT-2's Conv1D), is not
# noticed at load time, and the model answers nonsense; compare the shapes of the state dictionaries first.
# Of libtorch's 480 MB nothing but a layer of six weights is used.
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
using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.PyBridge;
using static TorchSharp.torch;

MarkAsWeak("GLIBCXX_3.4.32");
Load("3 by 2", torch.arange(1, 7, dtype: ScalarType.Float32).reshape(3, 2));
Load("2 by 2", torch.arange(1, 5, dtype: ScalarType.Float32).reshape(2, 2));
Load("1 by 2", torch.arange(1, 3, dtype: ScalarType.Float32).reshape(1, 2));
Load("2 by 3", torch.arange(1, 7, dtype: ScalarType.Float32).reshape(2, 3));
Load("4 by 2", torch.arange(1, 9, dtype: ScalarType.Float32).reshape(4, 2));

// Loads the weights into a layer of 3 by 2 zeros.
static void Load(string name, Tensor weights)
{
    Dictionary<string, Tensor> state = new() { ["weight"] = weights };
    File.Delete("weights.pt");
    File.Delete("weights.safetensors");
    PyTorchPickler.PickleStateDict("weights.pt", state);
    Safetensors.SaveStateDict("weights.safetensors", state);
    Console.WriteLine($"{name} into 3 by 2");
    Print("load_py", layer => layer.load_py("weights.pt"));
    Print("load_safetensors", layer => layer.load_safetensors("weights.safetensors"));
}

static void Print(string name, Action<nn.Module> load)
{
    using var layer = nn.Linear(2, 3, hasBias: false);
    using (torch.no_grad())
        layer.weight.fill_(0);
    try
    {
        load(layer);
        float[] values = layer.weight.data<float>().ToArray();
        Console.WriteLine($"  {name}: {string.Join(" | ", values.Chunk(2).Select(row => string.Join(' ', row)))}");
    }
    catch (Exception error) when (error is ArgumentException or ExternalException or InvalidOperationException)
    {
        Console.WriteLine($"  {name}: refused");
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
echo "TorchSharp.PyBridge $version, TorchSharp $torchsharp, libtorch $libtorch"
echo "$seen"
cat >expected <<'EOF'
3 by 2 into 3 by 2
  load_py: 1 2 | 3 4 | 5 6
  load_safetensors: 1 2 | 3 4 | 5 6
2 by 2 into 3 by 2
  load_py: 1 2 | 3 4 | 0 0
  load_safetensors: refused
1 by 2 into 3 by 2
  load_py: 1 2 | 0 0 | 0 0
  load_safetensors: 1 2 | 1 2 | 1 2
2 by 3 into 3 by 2
  load_py: 1 2 | 3 4 | 5 6
  load_safetensors: refused
4 by 2 into 3 by 2
  load_py: refused
  load_safetensors: refused
EOF
if [ "$seen" != "$(cat expected)" ]; then
    echo "The finding has changed. It was:"
    cat expected
    exit 1
fi
echo "As found: weights of another shape are loaded."

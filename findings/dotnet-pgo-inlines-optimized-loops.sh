#!/usr/bin/env bash
# .NET 10 (seen with 10.0.12, x64): whether a method marked AggressiveOptimization stays a method of its own depends on TieredPGO.
#
# Expected: MethodImplOptions.AggressiveOptimization takes a method out of tiered compilation, so that its machine code, tuned for a number
#           of registers, is the same whatever is profiled: a caller's second tier calls it with TieredPGO on as it does with it off.
# Seen:     with TieredPGO off the caller's tier 1 calls the method. With TieredPGO on, the default, it has no such call: the loop is
#           inlined and compiled again among the caller's variables. A matrix kernel of six rows by four AVX-512 vectors ran at 0.8 of its
#           speed that way. MethodImplOptions.NoInlining beside AggressiveOptimization keeps the call.
# The check reads the caller's machine code (DOTNET_JitDisasm), not times.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >finding.csproj <<'EOF'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <AllowUnsafeBlocks>true</AllowUnsafeBlocks>
    <Optimize>true</Optimize>
  </PropertyGroup>
</Project>
EOF
cat >Program.cs <<'EOF'
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Threading;

unsafe
{
    float* memory = (float*)NativeMemory.AlignedAlloc(1 << 20, 64);
    new Span<float>(memory, 1 << 18).Fill(1);

    // Calls, then time for the second tier to be compiled, some times over.
    for (int round = 0; round < 10; round++)
    {
        for (int i = 0; i < 2_000; i++)
            Caller.Blocks(memory, memory + 4096, memory + 65536, 64);
        Thread.Sleep(100);
    }

    Console.WriteLine($"{Environment.Version}: {memory[65536] > 0}");
}

internal static unsafe class Caller
{
    public static void Blocks(float* a, float* b, float* c, int columns)
    {
        for (int block = 0; block < 64; block += 32)
            Rows<Row>.Six(a, b + block, c + block, columns);
    }
}

internal interface IRow<TSelf>
    where TSelf : unmanaged, IRow<TSelf>
{
    static abstract unsafe TSelf Load(float* source);

    static abstract unsafe void Store(TSelf row, float* target);

    static abstract TSelf MultiplyAdd(float factor, TSelf row, TSelf sum);
}

internal readonly struct Row(Vector256<float> v0, Vector256<float> v1, Vector256<float> v2, Vector256<float> v3) : IRow<Row>
{
    private readonly Vector256<float> _v0 = v0, _v1 = v1, _v2 = v2, _v3 = v3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Row Load(float* source) => new(
        Vector256.Load(source), Vector256.Load(source + 8), Vector256.Load(source + 16), Vector256.Load(source + 24));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store(Row row, float* target)
    {
        row._v0.Store(target);
        row._v1.Store(target + 8);
        row._v2.Store(target + 16);
        row._v3.Store(target + 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row MultiplyAdd(float factor, Row row, Row sum)
    {
        Vector256<float> v = Vector256.Create(factor);
        return new(
            Vector256.FusedMultiplyAdd(v, row._v0, sum._v0), Vector256.FusedMultiplyAdd(v, row._v1, sum._v1),
            Vector256.FusedMultiplyAdd(v, row._v2, sum._v2), Vector256.FusedMultiplyAdd(v, row._v3, sum._v3));
    }
}

internal static unsafe class Rows<TRow>
    where TRow : unmanaged, IRow<TRow>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Six(float* a, float* b, float* c, int columns)
    {
        TRow c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default;
        for (int p = 0; p < columns; p++, b += 64)
        {
            TRow row = TRow.Load(b);
            c0 = TRow.MultiplyAdd(a[p], row, c0);
            c1 = TRow.MultiplyAdd(a[p + columns], row, c1);
            c2 = TRow.MultiplyAdd(a[p + (2 * columns)], row, c2);
            c3 = TRow.MultiplyAdd(a[p + (3 * columns)], row, c3);
            c4 = TRow.MultiplyAdd(a[p + (4 * columns)], row, c4);
            c5 = TRow.MultiplyAdd(a[p + (5 * columns)], row, c5);
        }

        TRow.Store(c0, c);
        TRow.Store(c1, c + 64);
        TRow.Store(c2, c + 128);
        TRow.Store(c3, c + 192);
        TRow.Store(c4, c + 256);
        TRow.Store(c5, c + 320);
    }
}
EOF
dotnet build -c Release -v q --nologo >build.log || { cat build.log; exit 1; }

# How often the caller's last tier calls the method.
calls() {
    DOTNET_TieredPGO=$1 DOTNET_JitDisasm=Blocks DOTNET_JitStdOutFile="$folder/jit.$1" dotnet bin/Release/net10.0/finding.dll >&2
    awk '/^; Assembly listing/ { tier1 = /\(Tier1\)/; seen += tier1 } tier1 && /call .*:Six\(/ { calls++ }
         END { if (!seen) { print "the caller has no tier 1" > "/dev/stderr"; exit 1 } print calls + 0 }' "$folder/jit.$1"
}
off=$(calls 0)
on=$(calls 1)
echo "seen: calls of the method in its caller's tier 1: $off with TieredPGO off, $on with it on"
[ "$off" -gt 0 ] && [ "$on" -eq 0 ] || { echo "This has changed: expected a call with TieredPGO off and none with it on."; exit 1; }

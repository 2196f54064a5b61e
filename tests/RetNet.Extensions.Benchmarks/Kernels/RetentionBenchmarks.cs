using BenchmarkDotNet.Attributes;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Benchmarks.Kernels;

/// <summary>One retention block: the recurrent step of one token, and the chunkwise form of a prompt.</summary>
public class RetentionBenchmarks : BlockBenchmarks
{
    private const int HeadWidth = 64;

    /// <summary>Tokens at once: 1 is the recurrent step.</summary>
    [Params(1, 512)]
    public int Tokens { get; set; }

    /// <summary>How the state is kept.</summary>
    [Params(StateFormat.Float32, StateFormat.BFloat16)]
    public StateFormat Format { get; set; }

    /// <summary>The state, read and written.</summary>
    public override long Bytes => Tokens == 1
        ? 2L * HeadWidth * 2 * Width * (Format == StateFormat.Float32 ? sizeof(float) : sizeof(ushort))
        : 0;

    /// <summary>The block's matrices, eight times the width squared, and for each token the update and the read-out of the state.</summary>
    public override long Operations => Tokens * ((2L * 8 * Width * Width) + (4L * HeadWidth * 2 * Width));

    [GlobalSetup]
    public void Setup() => Setup("retnet", new StateOptions { Format = Format, Form = RetentionForm.Chunkwise }, 0, Tokens);
}

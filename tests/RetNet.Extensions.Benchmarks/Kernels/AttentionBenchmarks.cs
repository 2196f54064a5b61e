using BenchmarkDotNet.Attributes;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Benchmarks.Kernels;

/// <summary>A step of generation in one attention block whose state is held to its rows, so that a step is like the one before: by a
/// window, or by TOVA.</summary>
public class AttentionBenchmarks : BlockBenchmarks
{
    /// <summary>Rows of keys and values.</summary>
    [Params(512, 8192)]
    public int Rows { get; set; }

    [Params("window", "tova")]
    public string Policy { get; set; } = "window";

    /// <summary>How the rows are kept.</summary>
    [Params(StateFormat.Float32, StateFormat.BFloat16)]
    public StateFormat Format { get; set; }

    public override long Bytes => 2L * Rows * Width * (Format == StateFormat.Float32 ? sizeof(float) : sizeof(ushort));

    public override long Operations => 4L * Rows * Width;

    [GlobalSetup]
    public void Setup() =>
        Setup("llama", new StateOptions { Format = Format, Policy = Policy == "tova" ? new Tova(Rows) : new Window(Rows) }, Rows, 1);
}

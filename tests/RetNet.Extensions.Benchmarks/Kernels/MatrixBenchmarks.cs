using BenchmarkDotNet.Attributes;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Benchmarks.Kernels;

/// <summary>A linear layer: one input reads the weights at the speed of memory, many compute at the speed of the multiply-add
/// units.</summary>
public unsafe class MatrixBenchmarks : IWorkload, IDisposable
{
    private const int Columns = 768;

    private WorkerPool? _pool;
    private WeightMatrix? _weights;
    private NativeBuffer<float>? _input;
    private NativeBuffer<float>? _output;

    [Params(WeightFormat.Float32, WeightFormat.BFloat16, WeightFormat.Int8, WeightFormat.Int4)]
    public WeightFormat Format { get; set; }

    /// <summary>Input rows: 1 is a matrix–vector product.</summary>
    [Params(1, 8, 512)]
    public int Inputs { get; set; }

    public long Bytes => Inputs == 1 ? RandomWeights.Bytes(Outputs, Columns, Format) : 0;

    public long Operations => 2L * Outputs * Columns * Inputs;

    // For few inputs more weights than a cache holds, as a language-model head has them.
    private int Outputs => Inputs <= 8 ? 96_000 : 2048;

    [GlobalSetup]
    public void Setup()
    {
        _pool = new WorkerPool(Environment.ProcessorCount);
        _weights = RandomWeights.Create(Outputs, Columns, Format);
        _input = new NativeBuffer<float>((long)Inputs * Columns);
        _output = new NativeBuffer<float>((long)Inputs * Outputs);
        Random random = new(1);
        foreach (ref float value in _input.Span)
            value = random.NextSingle() - 0.5f;
    }

    [Benchmark]
    public void Apply() => Linear.Apply(_pool!, _weights!, null, _input!.Pointer, Inputs, _output!.Pointer);

    [GlobalCleanup]
    public void Dispose()
    {
        _weights?.Dispose();
        _input?.Dispose();
        _output?.Dispose();
        _pool?.Dispose();
        GC.SuppressFinalize(this);
    }
}

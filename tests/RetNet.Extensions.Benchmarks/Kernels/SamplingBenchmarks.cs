using BenchmarkDotNet.Attributes;
using RetNet.Extensions.Core.Generation.Sampling;

namespace RetNet.Extensions.Benchmarks.Kernels;

/// <summary>Choosing a token out of 32,000.</summary>
public class SamplingBenchmarks
{
    private const int Vocabulary = 32_000;

    private readonly float[] _logits = new float[Vocabulary];
    private Sampler? _sampler;

    [Params("greedy", "top-k 40", "top-p 0.9")]
    public string Kind { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        foreach (ref float logit in _logits.AsSpan())
            logit = 4 * (random.NextSingle() - 0.5f);
        SamplingOptions options = Kind switch
        {
            "greedy" => SamplingOptions.Greedy,
            "top-k 40" => new SamplingOptions { TopK = 40, Seed = 1 },
            _ => new SamplingOptions { TopP = 0.9f, Seed = 1 },
        };
        _sampler = new Sampler(options, Vocabulary);
    }

    [Benchmark]
    public int Sample() => _sampler!.Sample(_logits);
}

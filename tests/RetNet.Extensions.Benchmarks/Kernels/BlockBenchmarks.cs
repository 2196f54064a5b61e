using BenchmarkDotNet.Attributes;
using RetNet.Extensions.Benchmarks.Models;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Benchmarks.Kernels;

/// <summary>One block that does little but mix tokens: a step of generation, or a piece of a prompt, behind a context.</summary>
public abstract class BlockBenchmarks : IWorkload, IDisposable
{
    /// <summary>Model width.</summary>
    protected const int Width = 768;

    private readonly float[] _logits = new float[SyntheticVocabulary.FirstWord];
    private LanguageModel? _model;
    private SequenceState? _state;
    private int[] _tokens = [];

    public abstract long Bytes { get; }

    public abstract long Operations { get; }

    /// <summary>Computes the tokens with the state as it is after those before.</summary>
    [Benchmark]
    public void Forward() => _model!.Forward(_state!, _tokens, _logits);

    [GlobalCleanup]
    public void Dispose()
    {
        _state?.Dispose();
        _model?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the block and reads a context.</summary>
    private protected void Setup(string family, StateOptions options, int context, int tokens)
    {
        const int heads = 12, feedForward = 64;
        SyntheticShape shape = new()
        {
            Width = Width,
            Layers = 1,
            Heads = heads,
            FeedForward = feedForward,
            Vocabulary = SyntheticVocabulary.FirstWord
        };
        _model = SyntheticModel.Create(
            family, shape, new ModelLoadOptions { WeightFormat = WeightFormat.Int8, Threads = Environment.ProcessorCount });
        _state = _model.CreateState(options);
        _tokens = new int[tokens];
        if (context > 0)
            _model.Forward(_state, new int[context], _logits);
    }
}

using BenchmarkDotNet.Attributes;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Benchmarks.Kernels;

/// <summary>The tokenizer of an embedded model: reading its file, and a story of some 1,500 characters to tokens and back.</summary>
public class TokenizerBenchmarks
{
    private const string Folder = "examples/models/retnet-tinystories";

    private static readonly string Text = string.Concat(Enumerable.Repeat(
        "Once upon a time, there was a little dog named Max. He liked to play in the park with his friends, and one day he found a big "
            + "red ball. ", 11));

    private Tokenizer? _tokenizer;
    private int[] _tokens = [];

    [GlobalSetup]
    public void Setup()
    {
        _tokenizer = Load();
        _tokens = _tokenizer.Encode(Text);
    }

    [Benchmark]
    public Tokenizer Load() => Tokenizer.Load(Folder);

    [Benchmark]
    public int[] Encode() => _tokenizer!.Encode(Text);

    [Benchmark]
    public string Decode() => _tokenizer!.Decode(_tokens);
}

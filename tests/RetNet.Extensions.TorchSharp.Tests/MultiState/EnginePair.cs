using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.TorchSharp.Tests.MultiState;

/// <summary>The same Transformer on the managed engine and on libtorch, and the same sequences in both.</summary>
internal sealed class EnginePair(string path, float tolerance = 1e-4f) : IDisposable
{
    private readonly Random _random = new(3);

    public LanguageModel Cpu { get; } = Models.OnCpu(path, WeightFormat.Float32);

    public LanguageModel Torch { get; } = Models.OnTorch(path, WeightFormat.Float32);

    public List<(TransformerState Cpu, TransformerState Torch)> Sequences { get; } = [];

    public EnginePair Add(StateOptions options)
    {
        Sequences.Add(((TransformerState)Cpu.CreateState(options), (TransformerState)Torch.CreateState(options)));
        return this;
    }

    /// <summary>Feeds as many random tokens to each sequence, in one batch, and compares logits, rows and budgets.</summary>
    public void Feed(params int[] counts)
    {
        (TransformerState Cpu, TransformerState Torch, int Count)[] fed =
            [.. Sequences.Zip(counts, (sequence, count) => (sequence.Cpu, sequence.Torch, count)).Where(sequence => sequence.count > 0)];
        int[] tokens = [.. Enumerable.Range(0, counts.Sum()).Select(_ => _random.Next(Cpu.Info.VocabularySize))];
        float[] expected = new float[fed.Length * Cpu.Info.VocabularySize], actual = new float[expected.Length];
        Cpu.Forward(new ForwardBatch([.. fed.Select(sequence => new SequenceInput(sequence.Cpu, sequence.Count))], tokens), expected);
        Torch.Forward(new ForwardBatch([.. fed.Select(sequence => new SequenceInput(sequence.Torch, sequence.Count))], tokens), actual);
        Assert.InRange(Models.Distance(expected, actual), 0, tolerance);
        foreach ((TransformerState cpu, TransformerState torch, _) in fed)
        {
            for (int layer = 0; layer < Cpu.Info.Layers; layer++)
                Assert.Equal(cpu.GetKeptPositions(layer), torch.GetKeptPositions(layer));
            Assert.InRange(torch.ByteSize, 1, Torch.StateBytes(torch.Options, torch.Position));
        }
    }

    /// <summary>Feeds one token to each sequence, several times.</summary>
    public void Decode(int steps)
    {
        for (int step = 0; step < steps; step++)
            Feed([.. Sequences.Select(_ => 1)]);
    }

    public void Dispose()
    {
        foreach ((TransformerState cpu, TransformerState torch) in Sequences)
        {
            cpu.Dispose();
            torch.Dispose();
        }

        Cpu.Dispose();
        Torch.Dispose();
    }
}

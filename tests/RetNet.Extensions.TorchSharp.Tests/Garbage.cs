using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.TorchSharp.Tests;

/// <summary>What a decoded token leaves for the garbage collector.</summary>
internal static class Garbage
{
    private const int Most = 10_000;

    /// <summary>Decodes with a model and asserts that a token leaves at most 10 kB.</summary>
    public static void AssertLittle(string path, WeightFormat format, StateOptions? options = null)
    {
        const int tokens = 40;
        using LanguageModel model = Models.OnTorch(path, format);
        using SequenceState state = model.CreateState(options);
        float[] logits = new float[model.Info.VocabularySize];
        Decode();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Decode();
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / tokens, 0, Most);

        void Decode()
        {
            for (int i = 0; i < tokens; i++)
                model.Forward(state, [5 + i], logits);
        }
    }
}

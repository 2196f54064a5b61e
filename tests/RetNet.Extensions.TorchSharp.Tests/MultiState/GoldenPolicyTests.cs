using RetNet.Extensions.Conformance;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.TorchSharp.Tests.MultiState;

/// <summary>The library's own policies, decided on the device, against the TOVA repository.</summary>
public sealed class GoldenPolicyTests
{
    [Theory]
    [InlineData("tova", 24, 0)]
    [InlineData("window", 24, 0)]
    [InlineData("window4", 24, 0)]
    [InlineData("h2o", 24, 0)]
    [InlineData("tova_chunked", 24, 8)]
    [InlineData("h2o_chunked", 24, 8)]
    [InlineData("tova_short", 5, 0)]
    [InlineData("h2o_short", 5, 0)]
    public void The_device_keeps_the_reference_rows(string name, int promptTokens, int chunk)
    {
        using GoldenCase golden = new("tova-llama");
        using LanguageModel model = ModelRun.Load(golden.Folder);
        string run = $"{name}.forced", policy = name.Split('_')[0];
        StateOptions options = new()
        {
            Policy = TransformerEngineTests.Policy(policy == "window4" ? "sinks" : policy),
            PromptChunk = chunk
        };

        // Neighbours that decode in the same run.
        TransformerState[] states = [.. Enumerable.Range(0, 3).Select(_ => (TransformerState)model.CreateState(options))];
        int[] prompt = golden.Sequences("prompt_ids")[0][..promptTokens];
        int vocabulary = model.Info.VocabularySize;
        float[] logits = new float[states.Length * vocabulary];
        Feed(prompt);
        AssertKept(step: 0);
        float[] expected = golden.Floats($"{run}.step_logits");
        long[] fed = golden.Integers("forced_tokens");
        for (int step = 0; step < fed.Length; step++)
        {
            Feed([(int)fed[step]]);
            for (int i = 0; i < states.Length; i++)
            {
                GoldenCase.AssertClose(expected.AsSpan(step * vocabulary, vocabulary), logits.AsSpan(i * vocabulary, vocabulary),
                    golden.Tolerance("logits"), $"step_logits {step}");
            }

            AssertKept(step + 1);
        }

        foreach (TransformerState state in states)
            state.Dispose();

        void Feed(int[] tokens) => model.Forward(
            new ForwardBatch([.. states.Select(state => new SequenceInput(state, tokens.Length))],
                [.. states.SelectMany(_ => tokens)]), logits);

        void AssertKept(int step)
        {
            int[] shape = golden.Shape($"{run}.kept");
            long[] kept = golden.Integers($"{run}.kept");
            for (int layer = 0; layer < shape[1]; layer++)
            {
                long[] positions = [.. kept.Skip(((step * shape[1]) + layer) * shape[2]).Take(shape[2]).Where(position => position >= 0)];
                Assert.All(states, state => Assert.Equal(positions, state.GetKeptPositions(layer)));
            }
        }
    }
}

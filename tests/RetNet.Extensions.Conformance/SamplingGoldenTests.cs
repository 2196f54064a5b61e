using System.Text.Json;
using RetNet.Extensions.Core.Generation.Sampling;

namespace RetNet.Extensions.Conformance;

/// <summary>The distributions that transformers' logits processors leave.</summary>
public sealed class SamplingGoldenTests
{
    // Its logits are multiples of 0.5, see the case's description.
    private const int VectorWithTies = 3;

    [Fact]
    public void Every_setting_gives_the_reference_distribution()
    {
        using GoldenCase golden = new("sampling");
        int[] shape = golden.Shape("probs");
        (int vectors, int vocabulary) = (shape[1], shape[2]);
        float[] logits = golden.Floats("logits");
        float[] expected = golden.Floats("probs");
        int[][] previous = golden.Sequences("previous_ids");
        JsonElement[] settings = [.. golden.Description.GetProperty("settings").EnumerateArray()];
        Assert.Equal(shape[0], settings.Length);

        for (int setting = 0; setting < settings.Length; setting++)
        {
            for (int vector = 0; vector < vectors; vector++)
            {
                Sampler sampler = new(Options(settings[setting]), vocabulary);
                sampler.ObservePrompt(previous[vector]);
                float[] probabilities = new float[vocabulary];
                sampler.Probabilities(logits.AsSpan(vector * vocabulary, vocabulary), probabilities);
                float[] reference = expected[(((setting * vectors) + vector) * vocabulary)..][..vocabulary];
                if (vector == VectorWithTies)
                {
                    // Which of equal logits stay at a cut is up to the reference's sort: compare as sets.
                    Array.Sort(probabilities);
                    Array.Sort(reference);
                }

                GoldenCase.AssertClose(reference, probabilities, golden.Tolerance("probs"), $"setting {setting}, vector {vector}");
            }
        }
    }

    private static SamplingOptions Options(JsonElement setting)
    {
        return new SamplingOptions
        {
            Temperature = Value("temperature", 1),
            TopK = (int)Value("top_k", 0),
            TopP = Value("top_p", 1),
            MinP = Value("min_p", 0),
            RepetitionPenalty = Value("repetition_penalty", 1),
        };

        float Value(string name, float absent) => setting.TryGetProperty(name, out JsonElement value) ? value.GetSingle() : absent;
    }
}

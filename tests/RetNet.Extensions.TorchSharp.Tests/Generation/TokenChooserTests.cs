using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Tests.Generation;

/// <summary>Tokens chosen on the device are those that the sampler chooses.</summary>
public sealed class TokenChooserTests
{
    private const int Vocabulary = 300;

    private static readonly SamplingOptions[] AllSettings =
    [
        SamplingOptions.Greedy,
        new SamplingOptions { Seed = 1 },
        new SamplingOptions { Seed = 2, Temperature = 0.7f },
        new SamplingOptions { Seed = 3, TopK = 5 },
        new SamplingOptions { Seed = 4, TopP = 0.8f },
        new SamplingOptions { Seed = 5, MinP = 0.1f },
        new SamplingOptions { Seed = 6, Temperature = 1.3f, TopK = 40, TopP = 0.9f, MinP = 0.02f },
        new SamplingOptions { Seed = 7, RepetitionPenalty = 1.3f, FrequencyPenalty = 0.4f, PresencePenalty = 0.2f },
        new SamplingOptions { Seed = 8, LogitBias = new Dictionary<int, float> { [3] = 4, [9] = float.NegativeInfinity } },
        new SamplingOptions { Temperature = 0, RepetitionPenalty = 2, LogitBias = new Dictionary<int, float> { [100] = 1 } },
        new SamplingOptions { Seed = 9, TopP = 1e-6f },
        new SamplingOptions { Seed = 12, TopP = 0 },
        new SamplingOptions { Seed = 10, Temperature = 1e-6f },
    ];

    public static TheoryData<int> Settings => [.. Enumerable.Range(0, AllSettings.Length)];

    [Theory]
    [MemberData(nameof(Settings))]
    public void One_row_gives_the_samplers_tokens(int setting) => AssertSameTokens([AllSettings[setting]], steps: 40);

    [Fact]
    public void Rows_with_different_options_give_the_samplers_tokens() =>
        AssertSameTokens(AllSettings, steps: 25);

    [Fact]
    public void Ties_are_cut_as_the_sampler_cuts_them()
    {
        Sampler cpu = new(new SamplingOptions { Seed = 11, TopK = 3, TopP = 0.6f },
            8), device = new(new SamplingOptions { Seed = 11, TopK = 3, TopP = 0.6f }, 8);
        float[] logits = [1, 2, 2, 2, 2, 1, 0, 2];
        for (int step = 0; step < 50; step++)
            Assert.Equal(cpu.Sample(logits), Choose([logits], [device])[0]);
    }

    [Fact]
    public void A_row_without_a_sampler_is_passed_over()
    {
        float[] logits = [.. Enumerable.Range(0, Vocabulary).Select(i => (float)i)];
        int[] tokens = Choose([logits, logits], [null, new Sampler(SamplingOptions.Greedy, Vocabulary)]);
        Assert.Equal([-1, Vocabulary - 1], tokens);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_row_that_is_no_numbers_gives_no_token(float found)
    {
        float[] good = [.. Enumerable.Range(0, Vocabulary).Select(i => (float)i)], bad = [.. good], hidden = [.. good];
        (bad[7], hidden[7]) = (found, found);
        ulong[] allowed = [1ul << 3, 0, 0, 0];
        foreach (SamplingOptions options in (SamplingOptions[])[SamplingOptions.Greedy, new() { TopK = 1, TopP = 0.9f, Seed = 5 }])
        {
            Sampler constrained = new(options, Vocabulary);
            constrained.Allow(allowed);
            Sampler NewSampler() => new(options, Vocabulary);

            Assert.Equal([Vocabulary - 1, -1, 3], Choose([good, bad, hidden], [NewSampler(), NewSampler(), constrained]));
        }
    }

    [Fact]
    public void Removed_tokens_are_not_chosen_and_rows_without_a_mask_choose_among_all() =>
        AssertSameTokens(AllSettings, steps: 25, isConstrained: row => row % 3 != 0);

    private static void AssertSameTokens(SamplingOptions[] options, int steps, Func<int, bool>? isConstrained = null)
    {
        Random random = new(5);
        Sampler[] cpu = [.. options.Select(option => new Sampler(option,
            Vocabulary))], device = [.. options.Select(option => new Sampler(option, Vocabulary))];
        foreach (Sampler sampler in (Sampler[])[.. cpu, .. device])
            sampler.ObservePrompt([3, 5, 5, 8]);
        for (int step = 0; step < steps; step++)
        {
            float[][] logits = [.. options.Select(_ => Enumerable.Range(0,
                Vocabulary).Select(_ => (float)((random.NextDouble() * 12) - 6)).ToArray())];
            for (int row = 0; row < options.Length; row++)
            {
                if (isConstrained?.Invoke(row) != true)
                    continue;
                ulong[] allowed = [.. Enumerable.Range(0, (Vocabulary + 63) / 64).Select(word => (ulong)random.NextInt64() | 1)];
                cpu[row].Allow(allowed);
                device[row].Allow(allowed);
            }

            int[] tokens = Choose(logits, device);
            for (int row = 0; row < options.Length; row++)
            {
                Assert.Equal(cpu[row].Sample(logits[row]), tokens[row]);
                cpu[row].Observe(tokens[row]);
                device[row].Observe(tokens[row]);
            }
        }
    }

    private static int[] Choose(float[][] logits, Sampler?[] samplers)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        int[] tokens = new int[samplers.Length];
        tokens.AsSpan().Fill(-1);
        TokenChooser.Choose(torch.tensor(logits.SelectMany(row => row).ToArray(), [logits.Length, logits[0].Length], torch.float32),
            samplers, tokens);
        return tokens;
    }
}

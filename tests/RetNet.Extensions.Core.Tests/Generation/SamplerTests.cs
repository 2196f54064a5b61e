using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Generation.Sampling;

namespace RetNet.Extensions.Core.Tests.Generation;

public sealed class SamplerTests
{
    private static readonly float[] Logits = [1, 3, 2, -1, 3.5f, 0];

    [Fact]
    public void Same_seed_draws_the_same_tokens_and_other_seeds_draw_others()
    {
        int[] draws = Draw(seed: 5);
        Assert.Equal(draws, Draw(seed: 5));
        foreach (long other in (ReadOnlySpan<long>)[6, -5, -6, 5 + (1L << 32), 5L << 32, 0, long.MinValue])
            Assert.NotEqual(draws, Draw(other));
        Assert.NotEqual(Draw(0), Draw(-1));
        Assert.NotEqual(Draw(1), Draw(-2));
    }

    [Fact]
    public void Without_a_seed_draws_differ() => Assert.NotEqual(Draw(null), Draw(null));

    [Fact]
    public void Tokens_come_as_often_as_they_are_likely()
    {
        SamplingOptions options = new() { Seed = 1 };
        Sampler sampler = new(options, Logits.Length);
        float[] probabilities = new float[Logits.Length];
        sampler.Probabilities(Logits, probabilities);
        double sum = Logits.Sum(logit => Math.Exp(logit));
        int[] times = new int[Logits.Length];
        for (int i = 0; i < 20_000; i++)
            times[sampler.Sample(Logits)]++;
        for (int i = 0; i < times.Length; i++)
        {
            Assert.Equal(Math.Exp(Logits[i]) / sum, probabilities[i], 1e-6);

            // Five standard deviations of a draw's count.
            Assert.Equal(probabilities[i], times[i] / 20_000.0, 5 * Math.Sqrt(probabilities[i] / 20_000));
        }
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-3f)]
    [InlineData(1e-30f)]
    [InlineData(1e-45f)]
    public void Towards_temperature_zero_only_the_most_likely_token_is_left(float temperature)
    {
        float[] probabilities = new float[Logits.Length];
        Sampler sampler = new(new SamplingOptions { Temperature = temperature }, Logits.Length);
        sampler.Probabilities(Logits, probabilities);
        Assert.Equal([0f, 0f, 0f, 0f, 1f, 0f], probabilities);
        Assert.Equal(4, sampler.Sample(Logits));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(2999)]
    public void Top_k_keeps_the_k_most_likely_tokens_of_a_long_vocabulary(int k)
    {
        float[] logits = [.. Enumerable.Range(0, 3000).Select(i => i * 7919 % 3000 / 1000f)];
        float[] probabilities = new float[logits.Length];
        new Sampler(new SamplingOptions { TopK = k }, logits.Length).Probabilities(logits, probabilities);
        Assert.Equal(k, probabilities.Count(probability => probability > 0));
        Assert.All(logits.Zip(probabilities), token => Assert.Equal(token.First >= (3000 - k) / 1000f, token.Second > 0));
    }

    [Fact]
    public void Large_logits_do_not_overflow()
    {
        float[] probabilities = new float[2];
        new Sampler(new SamplingOptions(), 2).Probabilities([1000, 1000], probabilities);
        Assert.Equal([0.5f, 0.5f], probabilities);
    }

    [Fact]
    public void Logit_bias_forbids_and_forces_tokens()
    {
        Sampler forbids = new(
            new SamplingOptions
            {
                Seed = 1,
                LogitBias = new Dictionary<int, float> { [4] = float.NegativeInfinity }
            }, Logits.Length);
        Sampler forces = new(SamplingOptions.Greedy with { LogitBias = new Dictionary<int, float> { [3] = 100 } }, Logits.Length);
        for (int i = 0; i < 200; i++)
            Assert.NotEqual(4, forbids.Sample(Logits));
        Assert.Equal(3, forces.Sample(Logits));
    }

    [Fact]
    public void Frequency_and_presence_penalties_count_what_was_generated_only()
    {
        Sampler sampler = new(new SamplingOptions { FrequencyPenalty = 0.5f, PresencePenalty = 0.25f }, Logits.Length);
        sampler.ObservePrompt([0, 0, 1]);
        sampler.Observe(1);
        sampler.Observe(1);
        sampler.Observe(3);
        AssertIsSoftmaxOf([1, 3 - 1f - 0.25f, 2, -1 - 0.5f - 0.25f, 3.5f, 0], sampler);
    }

    [Fact]
    public void Repetition_penalty_divides_positive_and_multiplies_negative_logits_of_prompt_and_text_once()
    {
        Sampler sampler = new(new SamplingOptions { RepetitionPenalty = 2 }, Logits.Length);
        sampler.ObservePrompt([3, 3]);
        sampler.Observe(1);
        sampler.Observe(1);
        AssertIsSoftmaxOf([1, 1.5f, 2, -2, 3.5f, 0], sampler);
    }

    [Property(MaxTest = 200)]
    public void The_distribution_always_sums_to_one_and_keeps_the_most_likely_token(
        NormalFloat[] logits, byte topK, byte topP, byte minP, byte temperature)
    {
        float[] values = [.. logits.Select(logit => (float)Math.Clamp(logit.Get, -1e6, 1e6)), 0];
        SamplingOptions options = new()
        {
            TopK = topK % 10,
            TopP = (topP % 101) / 100f,
            MinP = (minP % 101) / 100f,
            Temperature = (temperature + 1) / 32f
        };
        float[] probabilities = new float[values.Length];
        new Sampler(options, values.Length).Probabilities(values, probabilities);
        Assert.Equal(1, probabilities.Sum(), 1e-5);
        Assert.All(probabilities, probability => Assert.InRange(probability, 0, 1.00001f));
        Assert.Contains(probabilities.Zip(values), token => token.First == probabilities.Max() && token.Second == values.Max());
    }

    [Fact]
    public void Top_p_of_0_takes_the_most_likely_token()
    {
        SamplingOptions options = new() { TopP = 0, Temperature = 5, Seed = 1 };
        Sampler sampler = new(options, Logits.Length);
        float[] probabilities = new float[Logits.Length];
        sampler.Probabilities(Logits, probabilities);

        Assert.True(options.IsGreedy);
        Assert.All(Enumerable.Range(0, 20), _ => Assert.Equal(4, sampler.Sample(Logits)));
        Assert.Equal(Logits.Select(logit => logit == Logits.Max() ? 1f : 0), probabilities);
        Assert.InRange(new Sampler(options, 7).Sample(new float[7]), 0, 6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_logit_that_is_no_number_is_named_unless_its_token_may_not_be_chosen(float temperature)
    {
        Sampler sampler = new(new SamplingOptions { Temperature = temperature, TopK = 2, TopP = 0.5f, MinP = 0.1f }, 4);
        Assert.Contains("The logit of token 2 is NaN", Assert.Throws<NotFiniteNumberException>(
            () => sampler.Sample([0, 1, float.NaN, 2])).Message, StringComparison.Ordinal);
        Assert.Contains("The logit of token 3 is +∞", Assert.Throws<NotFiniteNumberException>(
            () => sampler.Probabilities([0, 1, 2, float.PositiveInfinity], new float[4])).Message, StringComparison.Ordinal);
        sampler.Allow([0b0011]);
        Assert.InRange(sampler.Sample([0, 1, float.NaN, 2]), 0, 1);
    }

    [Fact]
    public void Logits_that_leave_no_token_still_give_one()
    {
        Sampler sampler = new(new SamplingOptions { TopK = 2, TopP = 0.5f, MinP = 0.1f }, 4);
        Assert.InRange(sampler.Sample([float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity]), 0,
            3);
    }

    [Fact]
    public void Tokens_and_logits_that_do_not_fit_the_vocabulary_are_refused()
    {
        Sampler sampler = new(new SamplingOptions { PresencePenalty = 1 }, 4);
        Assert.Contains("Token 4", Assert.Throws<ArgumentException>(() => sampler.ObservePrompt([1, 4])).Message, StringComparison.Ordinal);
        Assert.Contains("Token -1", Assert.Throws<ArgumentException>(() => sampler.Observe(-1)).Message, StringComparison.Ordinal);
        Assert.Contains("3 logits", Assert.Throws<ArgumentException>(() => sampler.Sample([1, 2, 3])).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, SamplingOptions> OutOfRange => new()
    {
        { "Temperature", new SamplingOptions { Temperature = -1 } },
        { "Temperature", new SamplingOptions { Temperature = float.NaN } },
        { "TopK", new SamplingOptions { TopK = -1 } },
        { "TopP", new SamplingOptions { TopP = -0.5f } },
        { "TopP", new SamplingOptions { TopP = 1.5f } },
        { "MinP", new SamplingOptions { MinP = 1.5f } },
        { "RepetitionPenalty", new SamplingOptions { RepetitionPenalty = 0 } },
        { "FrequencyPenalty", new SamplingOptions { FrequencyPenalty = float.PositiveInfinity } },
        { "PresencePenalty", new SamplingOptions { PresencePenalty = float.NaN } },
        { "LogitBias has the token -1;", new SamplingOptions { LogitBias = new Dictionary<int, float> { [-1] = 1 } } },
        { "LogitBias of token 1 is NaN;", new SamplingOptions { LogitBias = new Dictionary<int, float> { [1] = float.NaN } } },
        {
            "LogitBias has the token 10; expected ids below 10,",
            new SamplingOptions { LogitBias = new Dictionary<int, float> { [9] = 1, [10] = 1 } }
        },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void An_option_out_of_range_is_refused_by_name(string option, SamplingOptions options) =>
        Assert.StartsWith(option, Assert.Throws<ArgumentException>(() => new Sampler(options, 10)).Message, StringComparison.Ordinal);

    private static int[] Draw(long? seed)
    {
        Sampler sampler = new(new SamplingOptions { Seed = seed, Temperature = 3 }, Logits.Length);
        return [.. Enumerable.Range(0, 60).Select(_ => sampler.Sample(Logits))];
    }

    private static void AssertIsSoftmaxOf(float[] expected, Sampler sampler)
    {
        float[] probabilities = new float[expected.Length];
        sampler.Probabilities(Logits, probabilities);
        double sum = expected.Sum(logit => Math.Exp(logit));
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(Math.Exp(expected[i]) / sum, probabilities[i], 1e-6);
    }
}

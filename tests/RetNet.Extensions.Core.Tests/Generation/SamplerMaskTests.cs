using FsCheck.Xunit;
using RetNet.Extensions.Core.Generation.Sampling;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>Tokens that a sampler may not choose.</summary>
public sealed class SamplerMaskTests
{
    private const int Vocabulary = 150;

    public static TheoryData<int> Settings => [.. Enumerable.Range(0, AllSettings.Length)];

    private static SamplingOptions[] AllSettings { get; } =
    [
        SamplingOptions.Greedy,
        new() { Seed = 1 },
        new() { Seed = 2, TopK = 5, Temperature = 0.7f },
        new() { Seed = 3, TopP = 0.8f, MinP = 0.05f },
        new() { Seed = 4, RepetitionPenalty = 1.3f, FrequencyPenalty = 0.4f, PresencePenalty = 0.2f },
        new() { Temperature = 0, RepetitionPenalty = 1.3f,
            LogitBias = new Dictionary<int, float> { [3] = 4, [9] = float.NegativeInfinity } },
    ];

    [Theory]
    [MemberData(nameof(Settings))]
    public void Removed_tokens_are_as_if_the_model_gave_them_no_probability(int setting)
    {
        Random random = new(setting);
        Sampler masked = Create(setting), biased = Create(setting);
        for (int step = 0; step < 50; step++)
        {
            float[] logits = Logits(random);
            ulong[] allowed = Mask(random);
            float[] removed = [.. logits.Select((logit, token) => IsAllowed(allowed, token) ? logit : float.NegativeInfinity)];
            masked.Allow(allowed);

            int token = masked.Sample(logits);

            Assert.True(IsAllowed(allowed, token));
            Assert.Equal(biased.Sample(removed), token);
            masked.Observe(token);
            biased.Observe(token);
        }
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void A_mask_that_removes_nothing_changes_no_bit(int setting)
    {
        Random random = new(setting);
        Sampler free = Create(setting), masked = Create(setting);
        float[] expected = new float[Vocabulary], found = new float[Vocabulary];
        masked.Allow([ulong.MaxValue, ulong.MaxValue, ulong.MaxValue]);
        for (int step = 0; step < 20; step++)
        {
            float[] logits = Logits(random);
            free.Probabilities(logits, expected);
            masked.Probabilities(logits, found);
            Assert.Equal(expected, found);
            Assert.Equal(free.Sample(logits), masked.Sample(logits));
        }
    }

    [Property]
    public void Probabilities_are_shared_among_the_allowed_tokens(int seed)
    {
        Random random = new(seed);
        Sampler sampler = new(new SamplingOptions { TopP = 0.9f, TopK = 30 }, Vocabulary);
        ulong[] allowed = Mask(random);
        float[] probabilities = new float[Vocabulary];
        sampler.Allow(allowed);

        sampler.Probabilities(Logits(random), probabilities);

        Assert.Equal(1, probabilities.Sum(), 1e-5);
        Assert.All(probabilities.Index().Where(entry => entry.Item > 0), entry => Assert.True(IsAllowed(allowed, entry.Index)));
    }

    [Fact]
    public void Without_the_restriction_the_choice_is_as_before()
    {
        float[] logits = [1, 3, 2];
        Sampler sampler = new(SamplingOptions.Greedy, 3);
        sampler.Allow([0b101]);
        Assert.Equal(2, sampler.Sample(logits));
        Assert.Equal([0b101ul], sampler.Allowed);
        sampler.AllowAll();
        Assert.Equal(1, sampler.Sample(logits));
        Assert.True(sampler.Allowed.IsEmpty);
    }

    [Fact]
    public void Tokens_beyond_the_end_of_a_mask_may_not_be_chosen()
    {
        float[] logits = Logits(new Random(1));
        logits[140] = 100;
        Sampler sampler = new(SamplingOptions.Greedy, Vocabulary);
        sampler.Allow([1ul << 5]);
        Assert.Equal(5, sampler.Sample(logits));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    public void A_bias_that_forbids_every_allowed_token_gives_way(float temperature)
    {
        Sampler sampler = new(
            new SamplingOptions { Temperature = temperature, LogitBias = new Dictionary<int, float> { [2] = float.NegativeInfinity } }, 3);
        sampler.Allow([0b100]);
        Assert.Equal(2, sampler.Sample([1, 2, 3]));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    public void Without_an_allowed_token_there_is_no_choice(float temperature)
    {
        Sampler sampler = new(new SamplingOptions { Temperature = temperature }, 3);
        sampler.Allow([0]);
        Assert.Throws<InvalidOperationException>(() => sampler.Sample([1, 2, 3]));
    }

    private static Sampler Create(int setting)
    {
        Sampler sampler = new(AllSettings[setting], Vocabulary);
        sampler.ObservePrompt([3, 5, 5, 8]);
        return sampler;
    }

    private static float[] Logits(Random random) =>
        [.. Enumerable.Range(0, Vocabulary).Select(_ => (float)((random.NextDouble() * 12) - 6))];

    private static ulong[] Mask(Random random)
    {
        ulong[] allowed = [.. Enumerable.Range(0, 3).Select(_ => random.Next(3) == 0 ? 0 : (ulong)random.NextInt64() << 1)];
        allowed[random.Next(2)] |= 1ul << random.Next(64);
        return allowed;
    }

    private static bool IsAllowed(ulong[] allowed, int token) => (allowed[token / 64] >> (token % 64) & 1) != 0;
}

using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.Core.Tests.Generation.Scheduling;

/// <summary>Logits that are no numbers end the text that got them, and no other.</summary>
public sealed class OutOfRangeLogitsTests
{
    private const int Poison = 9;

    public static TheoryData<float, bool, bool, int> Cases
    {
        get
        {
            TheoryData<float, bool, bool, int> cases = [];
            foreach (float found in (ReadOnlySpan<float>)[float.NaN, float.PositiveInfinity])
            {
                foreach (bool isGreedy in (ReadOnlySpan<bool>)[true, false])
                {
                    cases.Add(found, isGreedy, true, 0);
                    cases.Add(found, isGreedy, false, 0);
                    cases.Add(found, isGreedy, false, 8);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_text_ends_with_what_was_found_and_the_others_go_on(float found, bool isGreedy, bool isAllOfThem, int guesses)
    {
        // The tokens follow each other in a circle. Of a text with the poisonous token, the fifth after it is no number.
        using ScriptedModel model = new(seen =>
        {
            float[] logits = ScriptedModel.Surely((seen[^1] + 1) % 8);
            if (seen.Contains(Poison) && seen.Count >= 12)
            {
                logits[3] = found;
                if (isAllOfThem)
                    logits.AsSpan().Fill(found);
            }

            return logits;
        });
        GenerationOptions options = new()
        {
            MaxTokens = 40,
            StopTokens = [],
            PromptLookupTokens = guesses,
            Sampling = isGreedy ? SamplingOptions.Greedy : new SamplingOptions { Seed = 3, TopK = 5, TopP = 0.9f, MinP = 0.01f },
        };
        GenerationRequest good = new(new[] { 0, 1, 2, 3, 4, 5, 6, 7, 0, 1 }, options);
        GenerationRequest bad = new(new[] { Poison, 0, 1, 2, 3, 4, 5, 6, 7, 0 }, options);
        IReadOnlyList<int> expected = new Generator(model).Generate(good).Tokens;
        string name = float.IsNaN(found) ? "NaN" : "+∞";

        AssertNamed(Assert.Throws<InvalidOperationException>(() => new Generator(model).Generate(bad)));
        await using BatchScheduler scheduler = new(model);
        using ScheduledGeneration first = await scheduler.EnqueueAsync(good);
        using ScheduledGeneration failing = await scheduler.EnqueueAsync(bad);
        using ScheduledGeneration last = await scheduler.EnqueueAsync(good);

        AssertNamed(await Assert.ThrowsAsync<InvalidOperationException>(() => failing.Result));
        Assert.Equal(expected, (await first.Result).Tokens);
        Assert.Equal(expected, (await last.Result).Tokens);

        void AssertNamed(InvalidOperationException exception)
        {
            Assert.Contains("The logits of the model (scripted)", exception.Message, StringComparison.Ordinal);
            Assert.Contains($"The logit of token {(isAllOfThem ? 0 : 3)} is {name}", exception.Message, StringComparison.Ordinal);
        }
    }
}

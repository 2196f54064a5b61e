using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;

namespace RetNet.Extensions.Core.Tests.Generation;

public class GenerationOverridesTests
{
    private static readonly GenerationOptions Defaults = new()
    {
        MaxTokens = 5,
        StopStrings = ["x"],
        StopTokens = [3],
        Sampling = new()
        {
            Temperature = 0.7f,
            TopK = 40,
            TopP = 0.9f,
            MinP = 0.05f,
            RepetitionPenalty = 1.1f,
            FrequencyPenalty = 0.2f,
            PresencePenalty = 0.3f,
            Seed = 11,
            LogitBias = new Dictionary<int, float> { [1] = -1 }
        },
    };

    [Fact]
    public void What_is_null_changes_nothing() => Assert.Equal(Defaults, new GenerationOverrides().ApplyTo(Defaults));

    [Fact]
    public void What_is_set_wins()
    {
        Dictionary<int, float> bias = new() { [2] = 3 };
        GenerationOverrides overrides = new()
        {
            MaxTokens = 6,
            StopStrings = [],
            Temperature = 0,
            TopK = 0,
            TopP = 1,
            MinP = 0,
            RepetitionPenalty = 1,
            FrequencyPenalty = 0,
            PresencePenalty = 0,
            Seed = 12,
            LogitBias = bias,
            PromptLookupTokens = 4,
        };

        GenerationOptions changed = overrides.ApplyTo(Defaults);

        Assert.Equal((6, 4), (changed.MaxTokens, changed.PromptLookupTokens));
        Assert.Empty(changed.StopStrings);
        Assert.Equal(Defaults.StopTokens, changed.StopTokens);
        Assert.Equal(new SamplingOptions { Temperature = 0, Seed = 12, LogitBias = bias }, changed.Sampling);
    }
}

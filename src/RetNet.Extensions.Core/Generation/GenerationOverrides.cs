using RetNet.Extensions.Core.Generation.Sampling;

namespace RetNet.Extensions.Core.Generation;

/// <summary>The changes that an application, a command line or a request makes to a model's <see cref="GenerationOptions"/>; null changes
/// nothing.</summary>
public sealed record GenerationOverrides
{
    /// <summary><see cref="GenerationOptions.MaxTokens"/>.</summary>
    public int? MaxTokens { get; init; }

    /// <summary><see cref="GenerationOptions.StopStrings"/>.</summary>
    public IReadOnlyList<string>? StopStrings { get; init; }

    /// <summary><see cref="SamplingOptions.LogitBias"/>.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary><see cref="SamplingOptions.RepetitionPenalty"/>.</summary>
    public float? RepetitionPenalty { get; init; }

    /// <summary><see cref="SamplingOptions.FrequencyPenalty"/>.</summary>
    public float? FrequencyPenalty { get; init; }

    /// <summary><see cref="SamplingOptions.PresencePenalty"/>.</summary>
    public float? PresencePenalty { get; init; }

    /// <summary><see cref="SamplingOptions.Temperature"/>.</summary>
    public float? Temperature { get; init; }

    /// <summary><see cref="SamplingOptions.TopK"/>.</summary>
    public int? TopK { get; init; }

    /// <summary><see cref="SamplingOptions.TopP"/>.</summary>
    public float? TopP { get; init; }

    /// <summary><see cref="SamplingOptions.MinP"/>.</summary>
    public float? MinP { get; init; }

    /// <summary><see cref="SamplingOptions.Seed"/>.</summary>
    public long? Seed { get; init; }

    /// <summary><see cref="GenerationOptions.PromptLookupTokens"/>.</summary>
    public int? PromptLookupTokens { get; init; }

    /// <summary>Options with these changes.</summary>
    /// <param name="options">The options that apply where this object has null; they are not changed.</param>
    /// <returns>The changed options.</returns>
    public GenerationOptions ApplyTo(GenerationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        SamplingOptions sampling = options.Sampling;
        return options with
        {
            MaxTokens = MaxTokens ?? options.MaxTokens,
            StopStrings = StopStrings ?? options.StopStrings,
            PromptLookupTokens = PromptLookupTokens ?? options.PromptLookupTokens,
            Sampling = sampling with
            {
                LogitBias = LogitBias ?? sampling.LogitBias,
                RepetitionPenalty = RepetitionPenalty ?? sampling.RepetitionPenalty,
                FrequencyPenalty = FrequencyPenalty ?? sampling.FrequencyPenalty,
                PresencePenalty = PresencePenalty ?? sampling.PresencePenalty,
                Temperature = Temperature ?? sampling.Temperature,
                TopK = TopK ?? sampling.TopK,
                TopP = TopP ?? sampling.TopP,
                MinP = MinP ?? sampling.MinP,
                Seed = Seed ?? sampling.Seed,
            },
        };
    }
}

namespace RetNet.Extensions.Core.Generation.Sampling;

/// <summary>How the next token is chosen from the logits. The steps are applied in the order of the properties here.</summary>
/// <remarks>Order and meaning follow transformers' logits processors; the frequency and presence penalties follow OpenAI's API.</remarks>
public sealed record SamplingOptions
{
    /// <summary>Always the most likely token.</summary>
    public static SamplingOptions Greedy { get; } = new() { Temperature = 0 };

    /// <summary>Added to the logits of single tokens of the model's vocabulary, in logits; −∞ forbids a token. Default: none.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>Divides positive and multiplies negative logits of every token of the prompt and the text so far. Default 1: off.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Frequency penalty: subtracted from a token's logit each time the token was generated. Default 0: off.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Presence penalty: subtracted once from the logit of a token that was generated. Default 0: off.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Divides the logits. 0 takes the most likely token. Default 1.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Keeps the k most likely tokens, and all that tie with the k-th. Default 0: off.</summary>
    public int TopK { get; init; }

    /// <summary>Keeps the smallest set of tokens whose probability reaches p; 0 takes the most likely token. Default 1: off.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Keeps the tokens at least this part as likely as the most likely one. Default 0: off.</summary>
    public float MinP { get; init; }

    /// <summary>The seed of the draw; the same seed gives the same text. Default null: another draw every time.</summary>
    public long? Seed { get; init; }

    /// <summary>Whether the most likely token is taken, so that nothing is drawn.</summary>
    public bool IsGreedy => Temperature == 0 || TopP == 0;

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names the option.</exception>
    public void Validate()
    {
        Require(float.IsFinite(RepetitionPenalty) && RepetitionPenalty > 0, nameof(RepetitionPenalty), RepetitionPenalty, "more than 0");
        Require(float.IsFinite(FrequencyPenalty), nameof(FrequencyPenalty), FrequencyPenalty, "a finite number");
        Require(float.IsFinite(PresencePenalty), nameof(PresencePenalty), PresencePenalty, "a finite number");
        Require(float.IsFinite(Temperature) && Temperature >= 0, nameof(Temperature), Temperature, "0 or more");
        Require(TopK >= 0, nameof(TopK), TopK, "0 (off) or more");
        Require(TopP is >= 0 and <= 1, nameof(TopP), TopP, "0 or more and at most 1");
        Require(MinP is >= 0 and <= 1, nameof(MinP), MinP, "between 0 and 1");
        foreach ((int token, float bias) in LogitBias ?? new Dictionary<int, float>())
        {
            if (token < 0)
                throw new ArgumentException($"{nameof(LogitBias)} has the token {token}; expected ids of 0 or more.", nameof(LogitBias));
            if (float.IsNaN(bias) || float.IsPositiveInfinity(bias))
            {
                throw new ArgumentException(
                    $"{nameof(LogitBias)} of token {token} is {bias}; expected a number or −∞.", nameof(LogitBias));
            }
        }
    }

    /// <summary>Checks that a model has all tokens that the options name.</summary>
    /// <exception cref="ArgumentException"><see cref="LogitBias"/> has a token that the vocabulary has not.</exception>
    internal void RequireTokens(int vocabularySize)
    {
        foreach (int token in LogitBias?.Keys ?? [])
        {
            if (token >= vocabularySize)
            {
                throw new ArgumentException($"{nameof(LogitBias)} has the token {token}; expected ids below {vocabularySize}, the size of "
                    + "the model's vocabulary.", nameof(LogitBias));
            }
        }
    }

    private static void Require(bool holds, string option, float found, string expected)
    {
        if (!holds)
            throw new ArgumentException($"{option} is {found}; expected {expected}.", option);
    }
}

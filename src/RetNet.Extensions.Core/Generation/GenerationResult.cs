namespace RetNet.Extensions.Core.Generation;

/// <summary>A generated text.</summary>
/// <param name="Text">The text, without stop string; empty when the generator has no tokenizer.</param>
/// <param name="Tokens">The generated tokens, without the stop token.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="PromptTokens">The number of tokens of the prompt.</param>
/// <param name="StateBytes">Bytes that the sequence's state held at the end.</param>
public sealed record GenerationResult(string Text, IReadOnlyList<int> Tokens, FinishReason FinishReason, int PromptTokens, long StateBytes)
{
    /// <summary>The log probability of each of <see cref="Tokens"/>; empty unless <see cref="GenerationOptions.TopLogProbs"/> is
    /// set.</summary>
    public IReadOnlyList<double> LogProbs { get; init; } = [];

    /// <summary>The likeliest tokens in the place of each of <see cref="Tokens"/>, likeliest first:
    /// <c>[tokens × <see cref="GenerationOptions.TopLogProbs"/>]</c>. Where fewer tokens may follow, the rest has the token −1 and
    /// −∞.</summary>
    public IReadOnlyList<(int Token, double LogProbability)> TopLogProbs { get; init; } = [];

    /// <summary>The log probability of each token of the prompt, NaN for the first one; empty unless
    /// <see cref="GenerationOptions.PromptLogProbs"/> is set.</summary>
    public IReadOnlyList<double> PromptLogProbs { get; init; } = [];

    /// <summary>The likeliest tokens in the place of each token of the prompt, as in <see cref="TopLogProbs"/>; in the first place they
    /// have the token −1.</summary>
    public IReadOnlyList<(int Token, double LogProbability)> PromptTopLogProbs { get; init; } = [];

    /// <summary>How many tokens were guessed and verified, see <see cref="GenerationOptions.PromptLookupTokens"/>.</summary>
    public int DraftedTokens { get; init; }

    /// <summary>How many of them were right: as many steps were saved.</summary>
    public int AcceptedTokens { get; init; }
}

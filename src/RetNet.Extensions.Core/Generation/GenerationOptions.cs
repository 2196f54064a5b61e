using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation;

/// <summary>How a text is generated.</summary>
public sealed record GenerationOptions
{
    /// <summary>The largest number of tokens to generate. Default 256.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>How each token is chosen. Default: <see cref="SamplingOptions.Greedy"/>.</summary>
    public SamplingOptions Sampling { get; init; } = SamplingOptions.Greedy;

    /// <summary>Texts that end the generation, also across token borders; they are not part of the result. Default: none.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Tokens that end the generation; null, the default, for the end-of-sequence tokens of the model.</summary>
    public IReadOnlyList<int>? StopTokens { get; init; }

    /// <summary>Control tokens that are part of the text, such as those that mark a model's calls of functions
    /// (<c>FunctionCallFormat.ControlTokens</c>). Default: none, control tokens have no text.</summary>
    public IReadOnlyList<int> VisibleTokens { get; init; } = [];

    /// <summary>What the text must be, such as JSON of a schema; null, the default, for any text. Tokens that lead out of it are not
    /// chosen, stop tokens only where the text is complete, and the generation ends where nothing may follow. A text that
    /// <see cref="MaxTokens"/> or a stop string cuts off is the beginning of such a text.</summary>
    /// <remarks>
    /// <para>
    /// Text that the grammar forces is not chosen token by token but read in one piece, like a prompt, in the tokens that the tokenizer
    /// writes; a bounded policy cuts the state after the piece. Its tokens count as generated ones for <see cref="MaxTokens"/>, stop
    /// strings and penalties, and take no draw from the seed's sequence.
    /// </para>
    /// <para>Use one object for many requests: what was computed of the grammar is kept with it. It needs a generator with a
    /// tokenizer.</para>
    /// </remarks>
    public Grammar? Grammar { get; init; }

    /// <summary>Where <see cref="Grammar"/> begins in a text that is free before; null, the default, for the beginning of the
    /// text.</summary>
    public GrammarTrigger? GrammarTrigger { get; init; }

    /// <summary>Whether the log probabilities of the text's tokens are computed, and of how many of the likeliest tokens in the place of
    /// each: null, the default, for none at all, otherwise 0 to <see cref="LargestTopLogProbs"/>.</summary>
    /// <remarks>A log probability is the natural logarithm of what the model's own distribution gives a token: the softmax of its logits
    /// in float64, before penalties, temperature and filters. Where a <see cref="Grammar"/> removes tokens, it is the softmax over those
    /// that are left; a token of text that the grammar forces has the log probability 0, and is the likeliest one there.</remarks>
    public int? TopLogProbs { get; init; }

    /// <summary>Whether the log probabilities of the prompt's tokens are computed, too, each given those before it; needs
    /// <see cref="TopLogProbs"/>. Default false.</summary>
    /// <remarks>The whole prompt is read, apart from other requests and from states that are kept.</remarks>
    public bool PromptLogProbs { get; init; }

    /// <summary>The most that <see cref="TopLogProbs"/> may be.</summary>
    public const int LargestTopLogProbs = 20;

    /// <summary>The most tokens that a step guesses and verifies beside the one that it computes anyway: those which followed where prompt
    /// or text last ended alike (prompt lookup decoding). Texts that quote their prompt are generated in fewer steps, and every text is the
    /// one without guesses, bit for bit. Default 0: none. 8 suits texts that repeat their prompt or
    /// themselves, others may take a tenth longer; the most is <see cref="LargestPromptLookup"/>.</summary>
    /// <remarks>How many tokens are guessed follows from how often guesses were right in this text. Where several texts are generated
    /// together, and on a device other than the CPU, fewer or none are.</remarks>
    public int PromptLookupTokens { get; init; }

    /// <summary>The most that <see cref="PromptLookupTokens"/> may be.</summary>
    public const int LargestPromptLookup = 15;

    /// <summary>How the sequence remembers. The state of a request keeps the options that it was created with.</summary>
    public StateOptions State { get; init; } = StateOptions.Default;

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names the option.</exception>
    public void Validate()
    {
        if (MaxTokens < 1)
            throw new ArgumentException($"{nameof(MaxTokens)} is {MaxTokens}; expected at least 1.", nameof(MaxTokens));
        if (StopStrings.Any(string.IsNullOrEmpty))
            throw new ArgumentException($"{nameof(StopStrings)} holds an empty string.", nameof(StopStrings));
        if (GrammarTrigger is not null && Grammar is null)
            throw new ArgumentException($"{nameof(GrammarTrigger)} is set without {nameof(Grammar)}.", nameof(GrammarTrigger));
        GrammarTrigger?.Validate();
        if (TopLogProbs is < 0 or > LargestTopLogProbs)
        {
            throw new ArgumentException($"{nameof(TopLogProbs)} is {TopLogProbs}; expected 0 to "
                + $"{LargestTopLogProbs}, or null.", nameof(TopLogProbs));
        }

        if (PromptLogProbs && TopLogProbs is null)
            throw new ArgumentException($"{nameof(PromptLogProbs)} is set without {nameof(TopLogProbs)}.", nameof(PromptLogProbs));

        if (PromptLookupTokens is < 0 or > LargestPromptLookup)
        {
            throw new ArgumentException($"{nameof(PromptLookupTokens)} is {PromptLookupTokens}; expected 0 to "
                + $"{LargestPromptLookup}.", nameof(PromptLookupTokens));
        }

        Sampling.Validate();
    }
}

using RetNet.Extensions.Core.Generation.Sampling;
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
        Sampling.Validate();
    }
}

using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Training;

/// <summary>The options of a new byte-pair tokenizer.</summary>
public sealed record BytePairTrainerOptions
{
    /// <summary>The most tokens: special tokens, 256 bytes, and merges as long as the texts give any. Default: 4096.</summary>
    public int VocabularySize { get; init; } = 4096;

    /// <summary>A pair of tokens that occurs less often is not merged. Default: 2.</summary>
    public int MinimumFrequency { get; init; } = 2;

    /// <summary>Pairs that would make a longer token are not merged, in bytes. Default: 1024.</summary>
    public int MaximumTokenLength { get; init; } = 1024;

    /// <summary>Whether a text is read as if a space preceded it, so that its first word gets the same token as elsewhere; useful for
    /// models of short texts. Default: false, as for GPT-2.</summary>
    public bool AddPrefixSpace { get; init; }

    /// <summary>The token that begins and ends a text; its id is 0. Default: <c>&lt;|endoftext|&gt;</c>.</summary>
    public string EndOfTextToken { get; init; } = "<|endoftext|>";

    /// <summary>The token that fills up a batch; its id is 1. Default: <c>&lt;|pad|&gt;</c>.</summary>
    public string PaddingToken { get; init; } = "<|pad|>";

    /// <summary>Further control tokens; their ids are 2 and up. Default: none.</summary>
    public IReadOnlyList<string> AdditionalSpecialTokens { get; init; } = [];

    /// <summary>All control tokens in the order of their ids.</summary>
    internal string[] SpecialTokens => [EndOfTextToken, PaddingToken, .. AdditionalSpecialTokens];

    internal void Check()
    {
        string[] special = SpecialTokens;
        if (special.Any(string.IsNullOrEmpty))
            throw new ArgumentException("A special token is empty.");
        if (special.Distinct(StringComparer.Ordinal).Count() != special.Length)
            throw new ArgumentException($"Special tokens are not distinct: {string.Join(", ", special)}.");
        int least = special.Length + 256;
        if (VocabularySize < least || VocabularySize > TokenizerLimits.LargestVocabulary)
        {
            throw new ArgumentException(
                $"{nameof(VocabularySize)} is {VocabularySize}; expected {least} (256 bytes and {special.Length} special tokens) to "
                    + $"{TokenizerLimits.LargestVocabulary}.");
        }

        if (MinimumFrequency < 1)
            throw new ArgumentException($"{nameof(MinimumFrequency)} is {MinimumFrequency}; expected at least 1.");
        if (MaximumTokenLength is < 2 or > TokenizerLimits.LongestToken)
        {
            throw new ArgumentException($"{nameof(MaximumTokenLength)} is {MaximumTokenLength}; expected 2 to "
                + $"{TokenizerLimits.LongestToken}.");
        }
    }
}

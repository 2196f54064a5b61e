namespace RetNet.Extensions.Core.Tokenizers.Text;

/// <summary>How large a tokenizer may be, whether it is read or trained.</summary>
internal static class TokenizerLimits
{
    /// <summary>Tokens: more than any published model has by a factor of ten.</summary>
    public const int LargestVocabulary = 4_000_000;

    /// <summary>Characters of a token.</summary>
    public const int LongestToken = 65_536;

    /// <summary>Characters of a token that is looked for at every place of a text.</summary>
    public const int LongestMatchedToken = 1024;
}

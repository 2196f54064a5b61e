using System.Text;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Decoding;

/// <summary>
/// The <c>decoder</c> of a tokenizer.json in the order in which its steps can act: first on each token alone, then on runs of byte
/// tokens, then on the joined text. Every genuine file has this form, and it is what makes streaming possible.
/// </summary>
internal sealed class DecoderSteps
{
    /// <summary>Rewrites of a single token, in order; the flag says whether it is the first of its text.</summary>
    public List<Func<string, bool, TextLimits, string>> TokenRewrites { get; } = [];

    /// <summary>Whether a token's rewrite depends on its being the first.</summary>
    public bool FirstTokenDiffers { get; set; }

    /// <summary>Whether tokens are written in <see cref="Text.ByteAlphabet"/>.</summary>
    public bool ByteLevel { get; set; }

    /// <summary>Whether <c>&lt;0x0A&gt;</c> stands for a byte.</summary>
    public bool ByteFallback { get; set; }

    /// <summary>Whether tokens were joined; what follows acts on the whole text.</summary>
    public bool Fused { get; set; }

    /// <summary>Whether tokens are joined by a space, as the library does without a decoder.</summary>
    public bool SpaceBetweenTokens { get; set; }

    /// <summary>The character stripped from the ends of the joined text.</summary>
    public Rune StripCharacter { get; set; }

    /// <summary>How many of them at most at the start.</summary>
    public int StripStart { get; set; }

    /// <summary>How many of them at most at the end.</summary>
    public int StripEnd { get; set; }
}

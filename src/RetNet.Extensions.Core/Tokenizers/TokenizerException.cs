namespace RetNet.Extensions.Core.Tokenizers;

/// <summary>A tokenizer file that cannot be used: what was found in which place of which file, and what was expected there.</summary>
public sealed class TokenizerException : Exception
{
    /// <summary>Creates the exception; its message is made of the four parts.</summary>
    /// <param name="fileName">The file that was read.</param>
    /// <param name="place">The place in the file, such as <c>model.vocab</c>; empty for the file as a whole.</param>
    /// <param name="found">What stands there.</param>
    /// <param name="expected">What should stand there.</param>
    /// <param name="innerException">The failure below this one, if any.</param>
    public TokenizerException(string fileName, string place, string found, string expected, Exception? innerException = null)
        : base($"{fileName}: {(place.Length == 0 ? "" : place + ": ")}found {found}, expected {expected}.", innerException)
    {
        FileName = fileName;
        Place = place;
        Found = found;
        Expected = expected;
    }

    /// <summary>The file that was read.</summary>
    public string FileName { get; }

    /// <summary>The place in the file, such as <c>model.vocab</c>; empty for the file as a whole.</summary>
    public string Place { get; }

    /// <summary>What stands there.</summary>
    public string Found { get; }

    /// <summary>What should stand there.</summary>
    public string Expected { get; }
}

namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>A grammar, schema or regular expression that cannot be used: what was found, where, and what was expected.</summary>
public sealed class GrammarException : Exception
{
    /// <summary>Creates the exception; its message is made of the place and the reason.</summary>
    /// <param name="place">Where it stands: a rule, a keyword with its JSON path, a position; empty for the grammar as a whole.</param>
    /// <param name="reason">What is wrong there.</param>
    /// <param name="innerException">The failure below this one, if any.</param>
    public GrammarException(string place, string reason, Exception? innerException = null)
        : base($"{(place.Length == 0 ? "" : place + ": ")}{reason}.", innerException)
    {
        Place = place;
        Reason = reason;
    }

    /// <summary>Where it stands: a rule, a keyword with its JSON path, a position; empty for the grammar as a whole.</summary>
    public string Place { get; }

    /// <summary>What is wrong there.</summary>
    public string Reason { get; }
}

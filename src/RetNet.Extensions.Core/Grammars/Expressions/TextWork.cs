namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>How much may still be worked out for one text. What other texts of its grammar had worked out costs it nothing. Not
/// thread-safe.</summary>
internal sealed class TextWork
{
    private long _left = GrammarLimits.WorkOfText;

    /// <summary>Counts work, in the unit of <see cref="GrammarLimits.Work"/>.</summary>
    /// <exception cref="GrammarException">There is less left.</exception>
    public void Take(int count)
    {
        _left -= count;
        if (_left < 0)
            throw new GrammarException("", "the grammar is too complex: its texts take too long");
    }

    /// <summary>Adds what each token of the text brings.</summary>
    public void Advance() => _left = Math.Min(_left + GrammarLimits.WorkOfToken, GrammarLimits.WorkOfText);

    /// <summary>That of a text that begins as this one.</summary>
    public TextWork Fork() => new() { _left = _left };
}

using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Grammars;

/// <summary>A text that a grammar constrains, as far as it is written. Allocates nothing per token in the steady state. Not
/// thread-safe.</summary>
[Experimental("RETNET001")]
public sealed class ConstrainedText
{
    private readonly TokenConstraint _constraint;
    private readonly ulong[] _mask;
    private ParsePosition _position;
    private bool _hasMask;
    private bool _isFirst;

    internal ConstrainedText(TokenConstraint constraint, ParsePosition position, bool isFirst)
    {
        _isFirst = isFirst;
        _constraint = constraint;
        _position = position;
        _mask = new ulong[constraint.MaskLength];
    }

    /// <summary>Whether the text so far is one of the grammar's.</summary>
    public bool MayEnd => HasEnded || _constraint.MayEnd(ref _position);

    /// <summary>Whether nothing may follow.</summary>
    public bool MustEnd => HasEnded || _constraint.MustEnd(ref _position);

    /// <summary>Whether an end token was appended.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The tokens that may follow, among them the end tokens where the text may end.</summary>
    /// <returns>[⌈vocabulary / 64⌉] a bit per token, the lowest of the first word for token 0; valid until the next call of another
    /// member.</returns>
    /// <exception cref="Expressions.GrammarException">The grammar is too complex here.</exception>
    public ReadOnlySpan<ulong> AllowedTokens()
    {
        if (!_hasMask)
        {
            if (HasEnded)
                Array.Clear(_mask);
            else
                _constraint.ReadMask(ref _position, _isFirst, _mask);
            _hasMask = true;
        }

        return _mask;
    }

    /// <summary>Appends a token if it is allowed.</summary>
    /// <param name="token">A token; an end token ends the text.</param>
    /// <returns>Whether it was allowed; otherwise nothing changes.</returns>
    /// <exception cref="Expressions.GrammarException">The grammar is too complex here.</exception>
    public bool TryAppend(int token)
    {
        if (HasEnded)
            return false;
        bool isEnd = _constraint.IsEndToken(token) && MayEnd;
        if (!isEnd && !_constraint.TryAppendToken(ref _position, token, _isFirst))
            return false;
        _position.Work.Advance();
        HasEnded = isEnd;
        _hasMask = _isFirst = false;
        return true;
    }

    /// <summary>Appends bytes if all of them are allowed.</summary>
    /// <param name="utf8">The bytes; a character may be begun in one call and ended in another.</param>
    /// <returns>Whether they were allowed; otherwise nothing changes.</returns>
    /// <exception cref="Expressions.GrammarException">The grammar is too complex here.</exception>
    public bool TryAppend(ReadOnlySpan<byte> utf8)
    {
        if (HasEnded || !_constraint.TryAppend(ref _position, utf8))
            return false;
        _position.Work.Advance();
        _hasMask = false;
        _isFirst &= utf8.IsEmpty;
        return true;
    }

    /// <summary>The bytes that must follow: as long as the text may not end and only one byte is allowed.</summary>
    /// <param name="destination">Where they are written, as many as fit. They are not appended.</param>
    /// <returns>Their number.</returns>
    /// <exception cref="Expressions.GrammarException">The grammar is too complex here.</exception>
    public int ForcedBytes(Span<byte> destination) => HasEnded ? 0 : _constraint.ForcedBytes(ref _position, destination);

    /// <summary>Another text that begins as this one.</summary>
    public ConstrainedText Fork() =>
        new(_constraint, _position with { Work = _position.Work.Fork() }, _isFirst) { HasEnded = HasEnded };
}

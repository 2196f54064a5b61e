using System.Globalization;
using System.Text;

namespace RetNet.Extensions.Core.Grammars.Expressions;

/// <summary>Reads a regular expression as ECMA-262 writes them, with its Unicode features and its older leniency about braces, brackets and
/// escaped punctuation.</summary>
internal sealed class RegexParser
{
    private readonly string _pattern;
    private int _position;
    private int _depth;

    private RegexParser(string pattern) => _pattern = pattern;

    private bool AtEnd => _position >= _pattern.Length;

    private char Current => _pattern[_position];

    /// <exception cref="GrammarException">The pattern is malformed or has a construct that is no regular language.</exception>
    public static RegexNode Parse(string pattern)
    {
        if (pattern.Length > GrammarLimits.RegexLength)
        {
            throw new GrammarException(
                "", $"a regular expression of {pattern.Length} characters; at most {GrammarLimits.RegexLength} are read");
        }

        RegexParser parser = new(pattern);
        RegexNode node = parser.ReadChoice();
        return parser.AtEnd ? node : throw parser.Error(parser._position, "a closing parenthesis without an opening one");
    }

    private RegexNode ReadChoice()
    {
        if (++_depth > GrammarLimits.Depth)
            throw Error(_position, $"groups nested deeper than {GrammarLimits.Depth}");
        List<RegexNode> members = [ReadSequence()];
        while (TryTake('|'))
            members.Add(ReadSequence());
        _depth--;
        return members.Count == 1 ? members[0] : new RegexNode.Choice(members);
    }

    private RegexNode.Sequence ReadSequence()
    {
        List<RegexNode> parts = [];
        while (!AtEnd && Current is not ('|' or ')'))
            parts.Add(ReadQuantifiers(ReadAtom()));
        return new RegexNode.Sequence(parts);
    }

    private RegexNode ReadQuantifiers(RegexNode atom)
    {
        int position = _position;
        if (TryReadQuantifier() is not (int minimum, int maximum))
            return atom;
        if (atom is RegexNode.Assertion)
            throw Error(position, "a quantifier after an assertion");
        // A lazy quantifier allows the same texts.
        TryTake('?');
        if (TryReadQuantifier() is not null || !AtEnd && Current == '+')
            throw Error(_position, "a quantifier after a quantifier");
        return new RegexNode.Repeat(atom, minimum, maximum, position);
    }

    private (int Minimum, int Maximum)? TryReadQuantifier()
    {
        if (AtEnd)
            return null;
        switch (Current)
        {
            case '*':
                _position++;
                return (0, ExpressionPool.Unbounded);
            case '+':
                _position++;
                return (1, ExpressionPool.Unbounded);
            case '?':
                _position++;
                return (0, 1);
            case '{':
                return TryReadBraces();
            default:
                return null;
        }
    }

    private (int Minimum, int Maximum)? TryReadBraces()
    {
        int start = _position;
        _position++;
        if (TryReadNumber() is { } minimum)
        {
            int maximum = minimum;
            if (TryTake(','))
                maximum = TryReadNumber() ?? ExpressionPool.Unbounded;
            if (TryTake('}'))
                return minimum <= maximum ? (minimum, maximum) : throw Error(start, "a quantifier whose numbers are out of order");
        }

        _position = start;
        return null;
    }

    private int? TryReadNumber()
    {
        int start = _position;
        while (!AtEnd && char.IsAsciiDigit(Current))
            _position++;
        if (start == _position)
            return null;
        return int.TryParse(_pattern.AsSpan(start, _position - start), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number < ExpressionPool.Unbounded ? number : throw Error(start, "a quantifier with too large a number");
    }

    private RegexNode ReadAtom()
    {
        int start = _position;
        char character = _pattern[_position++];
        switch (character)
        {
            case '^':
                return new RegexNode.Assertion(AssertionKind.Start);
            case '$':
                return new RegexNode.Assertion(AssertionKind.End);
            case '.':
                return new RegexNode.Character(RegexClasses.NoLineTerminator);
            case '(':
                return ReadGroup(start);
            case '[':
                return new RegexNode.Character(ReadClass(start));
            case '*' or '+' or '?':
                throw Error(start, $"a quantifier '{character}' with nothing to repeat");
            case '{':
                _position--;
                if (TryReadBraces() is not null)
                    throw Error(start, "a quantifier with nothing to repeat");
                _position++;
                return Single('{');
            case '\\':
                return ReadEscape(start);
            default:
                _position--;
                return Single(ReadCodePoint());
        }
    }

    private RegexNode ReadGroup(int start)
    {
        bool? lookahead = null;
        if (TryTake('?'))
        {
            if (TryTake('='))
                lookahead = true;
            else if (TryTake('!'))
                lookahead = false;
            else if (TryTake('<'))
                ReadGroupName(start);
            else if (!TryTake(':'))
                throw Error(start, $"a group '(?{(AtEnd ? "" : Current)}', which ECMA-262 does not have or this reader does not support");
        }

        RegexNode body = ReadChoice();
        if (!TryTake(')'))
            throw Error(start, "a group without a closing parenthesis");
        return lookahead is { } isPositive ? new RegexNode.Lookahead(body, !isPositive) : body;
    }

    private void ReadGroupName(int start)
    {
        if (!AtEnd && Current is '=' or '!')
            throw Error(start, $"a lookbehind '(?<{Current}', which is not supported");
        int end = _pattern.IndexOf('>', _position);
        if (end <= _position)
            throw Error(start, "a group name without an end");
        _position = end + 1;
    }

    private RegexNode ReadEscape(int start)
    {
        if (AtEnd)
            throw Error(start, "a backslash at the end");
        if (TryTake('b'))
            return new RegexNode.Assertion(AssertionKind.WordBoundary);
        if (TryTake('B'))
            return new RegexNode.Assertion(AssertionKind.NoWordBoundary);
        if (char.IsAsciiDigit(Current) && Current != '0' || Current == 'k')
            throw Error(start, $"a backreference '\\{Current}', which no regular language has");
        return new RegexNode.Character(ReadEscapedSet(start));
    }

    private CodePointSet ReadEscapedSet(int start)
    {
        char letter = Current;
        if (RegexClasses.Escape(letter) is { } set)
        {
            _position++;
            return set;
        }

        if (letter is 'p' or 'P')
        {
            _position++;
            int end = TryTake('{') ? _pattern.IndexOf('}', _position) : -1;
            if (end < 0)
                throw Error(start, $"'\\{letter}' without a property in braces");
            string name = _pattern[_position..end];
            _position = end + 1;
            CodePointSet property = UnicodeProperties.Find(name) ?? throw Error(start, $"an unknown or unsupported property '{name}'");
            return letter == 'p' ? property : property.Complement();
        }

        int codePoint = ReadEscapedCodePoint(start);
        return CodePointSet.Of((codePoint, codePoint));
    }

    private int ReadEscapedCodePoint(int start)
    {
        char letter = _pattern[_position++];
        switch (letter)
        {
            case 't':
                return '\t';
            case 'n':
                return '\n';
            case 'v':
                return '\v';
            case 'f':
                return '\f';
            case 'r':
                return '\r';
            case '0' when AtEnd || !char.IsAsciiDigit(Current):
                return 0;
            case 'c' when !AtEnd && char.IsAsciiLetter(Current):
                return _pattern[_position++] % 32;
            case 'x':
                return ReadHexadecimal(start, 2);
            case 'u':
                return ReadUnicodeEscape(start);
        }

        if (char.IsAsciiLetterOrDigit(letter))
            throw Error(start, $"an escape '\\{letter}', which is not supported");
        _position--;
        return ReadCodePoint();
    }

    private int ReadUnicodeEscape(int start)
    {
        if (TryTake('{'))
        {
            int end = _pattern.IndexOf('}', _position);
            if (end < 0 || end == _position)
                throw Error(start, "'\\u{' without a number and '}'");
            int number = ReadHexadecimal(start, end - _position);
            _position++;
            return number <= CodePointSet.Last ? number : throw Error(start, "a code point beyond 10FFFF");
        }

        int unit = ReadHexadecimal(start, 4);
        if (unit is >= 0xD800 and < 0xDC00 && _position + 1 < _pattern.Length && Current == '\\' && _pattern[_position + 1] == 'u')
        {
            int before = _position;
            _position += 2;
            int low = !AtEnd && Current != '{' ? ReadHexadecimal(start, 4) : 0;
            if (low is >= 0xDC00 and <= 0xDFFF)
                return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            _position = before;
        }

        return unit;
    }

    private int ReadHexadecimal(int start, int digits)
    {
        if (_position + digits > _pattern.Length || digits > 8
            || !uint.TryParse(_pattern.AsSpan(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out uint value)
            || value > int.MaxValue)
        {
            throw Error(start, "an escape without its hexadecimal digits");
        }

        _position += digits;
        return (int)value;
    }

    private CodePointSet ReadClass(int start)
    {
        bool isNegated = TryTake('^');
        List<(int First, int Last)> ranges = [];
        CodePointSet others = CodePointSet.None;
        while (true)
        {
            if (AtEnd)
                throw Error(start, "a character class without a closing bracket");
            if (TryTake(']'))
                break;
            int position = _position;
            CodePointSet first = ReadClassAtom(out int? from);
            if (from is not { } low || _position + 1 >= _pattern.Length || Current != '-' || _pattern[_position + 1] == ']')
            {
                if (from is { } only)
                    ranges.Add((only, only));
                else
                    others = others.Union(first);
                continue;
            }

            _position++;
            CodePointSet second = ReadClassAtom(out int? to);
            if (to is not { } high)
            {
                // As ECMA-262 reads it without its Unicode flag: the hyphen stands for itself.
                ranges.AddRange([(low, low), ('-', '-')]);
                others = others.Union(second);
            }
            else
            {
                ranges.Add(low <= high ? (low, high) : throw Error(position, "a range whose ends are out of order"));
            }
        }

        CodePointSet set = CodePointSet.Of([.. ranges]).Union(others);
        return isNegated ? set.Complement() : set;
    }

    private CodePointSet ReadClassAtom(out int? codePoint)
    {
        int start = _position;
        codePoint = null;
        if (!TryTake('\\'))
        {
            codePoint = ReadCodePoint();
            return CodePointSet.None;
        }

        if (AtEnd)
            throw Error(start, "a backslash at the end");
        if (TryTake('b'))
            codePoint = '\b';
        else if (RegexClasses.Escape(Current) is null && Current is not ('p' or 'P'))
            codePoint = ReadEscapedCodePoint(start);
        return codePoint is null ? ReadEscapedSet(start) : CodePointSet.None;
    }

    private int ReadCodePoint()
    {
        Rune.DecodeFromUtf16(_pattern.AsSpan(_position), out Rune rune, out int length);
        _position += length;
        return rune.Value;
    }

    private static RegexNode.Character Single(int codePoint) => new(CodePointSet.Of((codePoint, codePoint)));

    private bool TryTake(char character)
    {
        bool found = !AtEnd && Current == character;
        if (found)
            _position++;
        return found;
    }

    private GrammarException Error(int position, string reason) => new($"regular expression, position {position}", reason);
}

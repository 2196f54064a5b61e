using System.Buffers;
using System.Text;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>
/// Translates a regular expression from Oniguruma's dialect (Ruby syntax, whole code points), which tokenizer files use, to .NET's.
/// A construct with another meaning or none there is refused.
/// </summary>
internal ref struct OnigurumaPattern
{
    private const int LongestPattern = 8192;
    private const int CodePoints = 0x110000;
    private static readonly string[] Groups = ["(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:", "(?-i:", "(?i)"];

    private readonly string _pattern;
    private readonly SurrogateShadow _shadow;
    private readonly StringBuilder _result = new();
    private readonly Stack<int> _groupStarts = new();
    private int _position;
    private int _atomStart = -1;
    private int _classesBeyond, _pointsBeyond;

    private OnigurumaPattern(string pattern, SurrogateShadow shadow) => (_pattern, _shadow) = (pattern, shadow);

    /// <summary>The same expression for .NET.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="shadow">That of the texts which the expression reads where they have characters beyond U+FFFF.</param>
    /// <exception cref="ArgumentException">The pattern is too long or uses a construct that is not supported.</exception>
    public static string Translate(string pattern, SurrogateShadow shadow)
    {
        if (pattern.Length > LongestPattern)
            throw new ArgumentException($"a regular expression of {pattern.Length} characters; at most {LongestPattern} are read");
        OnigurumaPattern translation = new(pattern, shadow);
        return translation.Run();
    }

    private string Run()
    {
        while (_position < _pattern.Length)
        {
            switch (_pattern[_position])
            {
                case '\\':
                    BeginAtom();
                    Escape(insideClass: false);
                    break;
                case '[':
                    BeginAtom();
                    CharacterClass();
                    break;
                case '(':
                    OpenGroup();
                    break;
                case ')':
                    if (!_groupStarts.TryPop(out _atomStart))
                        throw Refuse("an unmatched )");
                    Copy(1);
                    break;
                case '*' or '+' or '?':
                    Quantifier(1);
                    break;
                case '{':
                    Brace();
                    break;
                case '^':
                    Anchor("(?m:^)");
                    break;
                case '$':
                    Anchor("(?m:$)");
                    break;
                case '|':
                    _atomStart = -1;
                    Copy(1);
                    break;
                default:
                    BeginAtom();
                    if (char.IsSurrogate(_pattern[_position]))
                        throw Refuse("a character beyond U+FFFF");
                    Copy(1);
                    break;
            }
        }

        return _result.ToString();
    }

    private void BeginAtom() => _atomStart = _result.Length;

    private void Copy(int count)
    {
        _result.Append(_pattern, _position, count);
        _position += count;
    }

    private void Anchor(string translation)
    {
        BeginAtom();
        _result.Append(translation);
        _position++;
    }

    private void OpenGroup()
    {
        _groupStarts.Push(_result.Length);
        ReadOnlySpan<char> rest = _pattern.AsSpan(_position);
        if (!rest.StartsWith("(?"))
        {
            Copy(1);
            return;
        }

        foreach (string group in Groups)
        {
            if (!rest.StartsWith(group, StringComparison.Ordinal))
                continue;
            Copy(group.Length);
            if (group[^1] == ')')
                _groupStarts.Pop();
            return;
        }

        throw Refuse($"the group \"{rest[..Math.Min(4, rest.Length)]}\"");
    }

    /// <summary>A quantifier of <paramref name="length"/> characters; a possessive one (<c>?+ *+ ++</c>) becomes an atomic group.</summary>
    private void Quantifier(int length)
    {
        bool simple = length == 1;
        Copy(length);
        if (_position == _pattern.Length || _pattern[_position] is not ('+' or '?'))
            return;
        if (_pattern[_position] == '?')
        {
            Copy(1);
            return;
        }

        if (!simple || _atomStart < 0)
            throw Refuse("a quantifier of a quantifier");
        _result.Insert(_atomStart, "(?>").Append(')');
        _position++;
    }

    private void Brace()
    {
        int end = _position + 1;
        while (end < _pattern.Length && (char.IsAsciiDigit(_pattern[end]) || _pattern[end] == ','))
            end++;
        if (end < _pattern.Length && _pattern[end] == '}' && char.IsAsciiDigit(_pattern[_position + 1]))
        {
            Quantifier(end + 1 - _position);
            return;
        }

        if (_pattern.AsSpan(_position).StartsWith("{,"))
            throw Refuse("the quantifier {,n}");
        BeginAtom();
        _result.Append("\\{");
        _position++;
    }

    private void Escape(bool insideClass)
    {
        if (_position + 1 == _pattern.Length)
            throw Refuse("a \\ at the end");
        char letter = _pattern[_position + 1];
        switch (letter)
        {
            case 'w' or 'W' when insideClass && letter == 'W':
                throw Refuse("\\W in a character class");
            case 'w':
                _result.Append(insideClass ? WordCharacters.ClassContent : $"[{WordCharacters.ClassContent}]");
                _position += 2;
                break;
            case 'W':
                _result.Append($"[^{WordCharacters.ClassContent}]");
                _position += 2;
                break;
            case 'p' or 'P':
                Property();
                break;
            case 'x' when _pattern.AsSpan(_position).StartsWith("\\x{"):
            case 'b' or 'B' or 'h' or 'H' or 'R' or 'X' or 'K' or 'G' or 'g' or 'k' or 'c' or 'C' or 'M' or 'y' or 'Y' or 'N' or 'O':
            case >= '0' and <= '9':
                throw Refuse($"\\{letter}");
            default:
                if (char.IsSurrogate(letter))
                    throw Refuse("a character beyond U+FFFF");
                Copy(2);
                break;
        }
    }

    private void Property()
    {
        int end = _pattern.IndexOf('}', _position);
        if (end < 0 || end > _position + 5 || _pattern[_position + 2] != '{' || !char.IsAsciiLetterUpper(_pattern[_position + 3]))
        {
            throw Refuse($"\"{_pattern.AsSpan(_position, Math.Min(12, _pattern.Length - _position))}\" (a general category such as "
                + $"\\p{{L}} or \\p{{Lu}} is)");
        }

        Copy(end + 1 - _position);
    }

    private void CharacterClass()
    {
        Copy(1);
        if (_position < _pattern.Length && _pattern[_position] == '^')
            Copy(1);
        if (_position < _pattern.Length && _pattern[_position] == ']')
            throw Refuse("an empty character class");
        bool isBeyond = false;
        while (_position < _pattern.Length && _pattern[_position] != ']')
        {
            char character = _pattern[_position];
            if (character == '[')
                throw Refuse("a character class within a character class");
            if (_pattern.AsSpan(_position).StartsWith("&&"))
                throw Refuse("an intersection of character classes");
            if (char.IsSurrogate(character))
            {
                isBeyond = true;
                RangeBeyond();
            }
            else if (character == '\\')
            {
                Escape(insideClass: true);
            }
            else
            {
                Copy(1);
            }
        }

        if (_position == _pattern.Length)
            throw Refuse("an unclosed character class");
        if (isBeyond && ++_classesBeyond > 1)
            throw Refuse("several character classes that name characters beyond U+FFFF");
        Copy(1);
    }

    /// <summary>A character beyond U+FFFF in a class, or a range of them: what stands for them in the shadow of a text.</summary>
    private void RangeBeyond()
    {
        if (_pattern[_position - 1] == '-' && _pattern[_position - 2] != '[')
            throw Refuse("a range that ends beyond U+FFFF and begins before it");
        int first = PointBeyond(), last = first;
        if (_position + 1 < _pattern.Length && _pattern[_position] == '-' && _pattern[_position + 1] != ']')
        {
            _position++;
            last = PointBeyond();
        }

        if (last < first)
            throw Refuse("a range in reverse order");
        _pointsBeyond += last + 1 - first;
        if (_pointsBeyond > CodePoints)
            throw Refuse("ranges that overlap beyond U+FFFF");
        foreach (char member in _shadow.Members(first, last))
            _result.Append(member);
    }

    private int PointBeyond()
    {
        if (Rune.DecodeFromUtf16(_pattern.AsSpan(_position), out Rune rune, out int length) != OperationStatus.Done || rune.IsBmp)
            throw Refuse("a range that begins beyond U+FFFF and ends before it");
        _position += length;
        return rune.Value;
    }

    private readonly ArgumentException Refuse(string construct) =>
        new($"a regular expression with {construct} at position {_position}, which is not supported");
}

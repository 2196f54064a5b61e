using System.Globalization;
using System.Text;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Grammars.Gbnf;

/// <summary>Reads the notation of grammars that llama.cpp has: <c>name ::= "text" [class] other (a | b)* {2,3} # comment</c>.</summary>
internal sealed class GbnfParser
{
    private readonly string _text;
    private readonly GbnfTokens _tokens;

    // The names of rules, where they are used.
    private readonly List<(string Name, int Position)> _references = [];
    private int _position;
    private int _depth;

    private GbnfParser(string text, Tokenizer? tokenizer) => (_text, _tokens) = (text, new GbnfTokens(tokenizer));

    private bool AtEnd => _position >= _text.Length;

    private char Current => _text[_position];

    /// <summary>The rules by name.</summary>
    /// <exception cref="GrammarException">The text is malformed, or names a rule that it does not define or a token that there is
    /// not.</exception>
    public static Dictionary<string, GbnfNode> Parse(string text, Tokenizer? tokenizer)
    {
        if (text.Length > GrammarLimits.GrammarLength)
            throw new GrammarException("", $"a grammar of {text.Length} characters; at most {GrammarLimits.GrammarLength} are read");
        GbnfParser parser = new(text, tokenizer);
        Dictionary<string, GbnfNode> rules = new(StringComparer.Ordinal);
        parser.SkipSpace(andLines: true);
        while (!parser.AtEnd)
        {
            if (rules.Count == GrammarLimits.Rules)
                throw parser.Error(parser._position, $"more than {GrammarLimits.Rules} rules");
            parser.ReadRule(rules);
        }

        foreach ((string name, int position) in parser._references)
        {
            if (!rules.ContainsKey(name))
                throw parser.Error(position, $"a rule '{name}' that is not defined");
        }

        return rules;
    }

    private void ReadRule(Dictionary<string, GbnfNode> rules)
    {
        int start = _position;
        string name = ReadName() ?? throw Error(start, $"'{Current}' where a rule's name is expected");
        SkipSpace(andLines: false);
        if (!_text.AsSpan(_position).StartsWith("::=", StringComparison.Ordinal))
            throw Error(_position, $"rule '{name}' without '::='");
        _position += 3;
        SkipSpace(andLines: true);
        GbnfNode body = ReadChoice(isNested: false);
        if (!AtEnd && Current is not ('\n' or '\r'))
            throw Error(_position, $"'{Current}' where rule '{name}' goes on or ends");
        SkipSpace(andLines: true);
        if (!rules.TryAdd(name, body))
            throw Error(start, $"a second rule '{name}'");
    }

    private GbnfNode ReadChoice(bool isNested)
    {
        if (++_depth > GrammarLimits.Depth)
            throw Error(_position, $"groups nested deeper than {GrammarLimits.Depth}");
        List<GbnfNode> members = [ReadSequence(isNested)];
        while (TryTake('|'))
        {
            SkipSpace(andLines: true);
            members.Add(ReadSequence(isNested));
        }

        _depth--;
        return members.Count == 1 ? members[0] : new GbnfNode.Choice(members);
    }

    private GbnfNode ReadSequence(bool isNested)
    {
        List<GbnfNode> parts = [];
        while (!AtEnd && TryReadItem() is { } item)
        {
            SkipSpace(isNested);
            int quantifiers = 0;
            while (!AtEnd && TryReadQuantifier() is (int minimum, int maximum))
            {
                if (++quantifiers > GrammarLimits.Depth)
                    throw Error(_position, $"more than {GrammarLimits.Depth} repetitions of one part");
                item = new GbnfNode.Repeat(item, minimum, maximum);
                SkipSpace(isNested);
            }

            parts.Add(item);
        }

        return parts.Count == 1 ? parts[0] : new GbnfNode.Sequence(parts);
    }

    private GbnfNode? TryReadItem()
    {
        int start = _position;
        switch (Current)
        {
            case '"':
                return ReadLiteral();
            case '[':
                return ReadClass();
            case '.':
                _position++;
                return new GbnfNode.Character(CodePointSet.All);
            case '(':
                _position++;
                SkipSpace(andLines: true);
                GbnfNode group = ReadChoice(isNested: true);
                return TryTake(')') ? group : throw Error(start, "a group without a closing parenthesis");
            case '<' or '!':
                return ReadToken();
            default:
                if (ReadName() is not { } name)
                    return null;
                _references.Add((name, start));
                return new GbnfNode.Reference(name);
        }
    }

    private GbnfNode ReadToken()
    {
        int start = _position;
        bool isNegated = TryTake('!');
        int end = AtEnd || Current != '<' ? -1 : _text.AsSpan(_position).IndexOfAny('>', '\n');
        if (end < 0 || _text[_position + end] != '>')
            throw Error(start, "a token without '<' and '>'");
        string written = _text.Substring(_position, end + 1);
        _position += written.Length;
        return _tokens.Find(written, isNegated, out string? problem) ?? throw Error(start, problem!);
    }

    private (int Minimum, int Maximum)? TryReadQuantifier()
    {
        int start = _position;
        if (TryTake('*'))
            return (0, ExpressionPool.Unbounded);
        if (TryTake('+'))
            return (1, ExpressionPool.Unbounded);
        if (TryTake('?'))
            return (0, 1);
        if (!TryTake('{'))
            return null;
        SkipSpace(andLines: false);
        int minimum = ReadNumber(), maximum = minimum;
        if (TryTake(','))
        {
            SkipSpace(andLines: false);
            maximum = !AtEnd && Current == '}' ? ExpressionPool.Unbounded : ReadNumber();
        }

        if (!TryTake('}'))
            throw Error(start, "a repetition without '}'");
        return minimum <= maximum ? (minimum, maximum) : throw Error(start, "a repetition whose numbers are out of order");
    }

    private int ReadNumber()
    {
        int start = _position;
        while (!AtEnd && char.IsAsciiDigit(Current))
            _position++;
        if (!int.TryParse(_text.AsSpan(start, _position - start), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            throw Error(start, "a repetition without a number, or with too large a one");
        SkipSpace(andLines: false);
        return number;
    }

    private GbnfNode.Literal ReadLiteral()
    {
        int start = _position++;
        StringBuilder text = new();
        while (!TryTake('"'))
        {
            if (AtEnd || Current is '\n')
                throw Error(start, "a literal without a closing quotation mark");
            text.Append(new Rune(ReadCharacter()).ToString());
        }

        return new GbnfNode.Literal(text.ToString());
    }

    private GbnfNode.Character ReadClass()
    {
        int start = _position++;
        bool isNegated = TryTake('^');
        List<(int First, int Last)> ranges = [];
        while (!TryTake(']'))
        {
            if (AtEnd)
                throw Error(start, "a character class without a closing bracket");
            int position = _position, first = ReadCharacter(), last = first;
            if (_position + 1 < _text.Length && Current == '-' && _text[_position + 1] != ']')
            {
                _position++;
                last = ReadCharacter();
            }

            ranges.Add(first <= last ? (first, last) : throw Error(position, "a range whose ends are out of order"));
        }

        CodePointSet set = CodePointSet.Of([.. ranges]);
        return new GbnfNode.Character(isNegated ? set.Complement() : set);
    }

    private int ReadCharacter()
    {
        int start = _position;
        if (!TryTake('\\'))
        {
            Rune.DecodeFromUtf16(_text.AsSpan(_position), out Rune rune, out int length);
            _position += length;
            return rune.Value;
        }

        if (AtEnd)
            throw Error(start, "a backslash at the end");
        char letter = _text[_position++];
        return letter switch
        {
            'x' => ReadHexadecimal(start, 2),
            'u' => ReadHexadecimal(start, 4),
            'U' => ReadHexadecimal(start, 8),
            't' => '\t',
            'r' => '\r',
            'n' => '\n',
            '\\' or '"' or '[' or ']' => letter,
            _ => throw Error(start, $"an escape '\\{letter}'; there are \\x \\u \\U \\t \\r \\n \\\\ \\\" \\[ \\]"),
        };
    }

    private int ReadHexadecimal(int start, int digits)
    {
        if (_position + digits > _text.Length
            || !int.TryParse(_text.AsSpan(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            || !Rune.IsValid(value))
        {
            throw Error(start, $"an escape without {digits} hexadecimal digits of a character");
        }

        _position += digits;
        return value;
    }

    private string? ReadName()
    {
        int start = _position;
        while (!AtEnd && (char.IsAsciiLetterOrDigit(Current) || Current is '-' or '_'))
            _position++;
        return _position > start ? _text[start.._position] : null;
    }

    private void SkipSpace(bool andLines)
    {
        while (!AtEnd)
        {
            if (Current == '#')
            {
                int end = _text.IndexOf('\n', _position);
                _position = end < 0 ? _text.Length : end;
            }
            else if (Current is ' ' or '\t' || andLines && Current is '\r' or '\n')
            {
                _position++;
            }
            else
            {
                return;
            }
        }
    }

    private bool TryTake(char character)
    {
        bool found = !AtEnd && Current == character;
        if (found)
            _position++;
        return found;
    }

    private GrammarException Error(int position, string reason)
    {
        ReadOnlySpan<char> before = _text.AsSpan(0, position);
        return new GrammarException($"line {before.Count('\n') + 1}, column {position - before.LastIndexOf('\n')}", reason);
    }
}

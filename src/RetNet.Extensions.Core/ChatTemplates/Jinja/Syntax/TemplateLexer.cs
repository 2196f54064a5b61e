using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;

/// <summary>
/// Cuts a Jinja template into tokens, with the white-space rules that transformers sets: <c>trim_blocks</c> (a tag takes the newline after
/// it) and
/// <c>lstrip_blocks</c> (a tag takes the blanks before it on its line), and a newline at the very end is dropped.
/// </summary>
internal sealed partial class TemplateLexer
{
    private static readonly string[] Operators =
        ["**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "(", ")", "[", "]", "{", "}",
        ">", "<", "=", ".", ",", ":", "|", ";"];

    /// <summary>A hundred times what the longest genuine template has.</summary>
    private const int MostTokens = 420_000;

    private readonly string _template;
    private readonly List<TemplateToken> _tokens = [];
    private readonly StringBuilder _string = new();
    private int _position;
    private bool _atLineStart = true;

    private TemplateLexer(string template) => _template = template;

    /// <summary>The place at which reading failed, for the error message.</summary>
    public int Position => _position;

    public static List<TemplateToken> Read(string template, out int failurePosition)
    {
        failurePosition = 0;
        TemplateLexer lexer = new(template);
        try
        {
            return lexer.Run();
        }
        catch (TemplateFailure)
        {
            failurePosition = lexer.Position;
            throw;
        }
    }

    /// <summary>The template with its newlines as <c>\n</c> and without the last one.</summary>
    public static string Normalize(string template)
    {
        string text = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        return text.EndsWith('\n') ? text[..^1] : text;
    }

    private List<TemplateToken> Run()
    {
        while (_position < _template.Length)
        {
            int tag = NextTag(_position);
            if (tag < 0)
            {
                AddText(_position, _template.Length);
                _position = _template.Length;
                break;
            }

            char kind = _template[tag + 1];
            char sign = tag + 2 < _template.Length ? _template[tag + 2] : ' ';
            AddText(_position, TextEnd(tag, kind, sign));
            _position = tag + (sign is '-' or '+' ? 3 : 2);
            if (kind == '#')
                SkipComment();
            else if (kind == '%' && RawStart().Match(_template, _position) is { Success: true } raw)
                ReadRaw(raw);
            else
                ReadTag(tag, kind);
        }

        _tokens.Add(new(TemplateTokenKind.End, "", _position));
        return _tokens;
    }

    private int NextTag(int start)
    {
        for (int i = _template.IndexOf('{', start); i >= 0 && i + 1 < _template.Length; i = _template.IndexOf('{', i + 1))
        {
            if (_template[i + 1] is '{' or '%' or '#')
                return i;
        }

        return -1;
    }

    /// <summary>The end of the text before a tag, without the white space that the tag removes.</summary>
    private int TextEnd(int tag, char kind, char sign)
    {
        ReadOnlySpan<char> text = _template.AsSpan(_position, tag - _position);
        if (sign == '-')
            return _position + text.TrimEnd().Length;
        if (sign == '+' || kind == '{')
            return tag;
        int lineStart = text.LastIndexOf('\n') + 1;
        return (lineStart > 0 || _atLineStart) && text[lineStart..].Trim().Length == 0 ? _position + lineStart : tag;
    }

    private void AddText(int start, int end)
    {
        if (end > start)
            _tokens.Add(new(TemplateTokenKind.Text, _template[start..end], start));
    }

    private void SkipComment()
    {
        int end = _template.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0)
            throw new TemplateFailure("the comment is not closed");
        char sign = _template[end - 1];
        _position = end + 2;
        AfterTag(sign, takesNewline: true);
    }

    [GeneratedRegex(@"\G\s*raw\s*(?<sign>[-+]?)%\}", RegexOptions.CultureInvariant)]
    private static partial Regex RawStart();

    [GeneratedRegex(@"\{%(?<before>[-+]?)\s*endraw\s*(?<sign>[-+]?)%\}", RegexOptions.CultureInvariant)]
    private static partial Regex RawEnd();

    /// <summary>Text between <c>raw</c> and <c>endraw</c> stands for itself, tags included.</summary>
    private void ReadRaw(Match start)
    {
        _position = start.Index + start.Length;
        AfterTag(Sign(start, "sign"), takesNewline: false);
        Match end = RawEnd().Match(_template, _position);
        if (!end.Success)
            throw new TemplateFailure("the statement \"raw\" is not closed");
        AddText(_position, TextEnd(end.Index, '%', Sign(end, "before")));
        _position = end.Index + end.Length;
        AfterTag(Sign(end, "sign"), takesNewline: true);

        static char Sign(Match match, string name) => match.Groups[name].Value is [char sign] ? sign : ' ';
    }

    private void AfterTag(char sign, bool takesNewline)
    {
        int start = _position;
        if (sign == '-')
            _position = _template.Length - _template.AsSpan(_position).TrimStart().Length;
        else if (sign != '+' && takesNewline && _position < _template.Length && _template[_position] == '\n')
            _position++;
        _atLineStart = _position > start && _template[_position - 1] == '\n';
    }

    private void ReadTag(int tag, char kind)
    {
        bool isOutput = kind == '{';
        string closing = isOutput ? "}}" : "%}";
        _tokens.Add(new(isOutput ? TemplateTokenKind.OutputBegin : TemplateTokenKind.StatementBegin, _template.Substring(tag, 2), tag));
        int brackets = 0;
        while (true)
        {
            while (_position < _template.Length && char.IsWhiteSpace(_template[_position]))
                _position++;
            if (_position == _template.Length)
                throw new TemplateFailure($"the tag is not closed by {closing}");
            if (brackets == 0 && IsClosing(closing, out char sign))
            {
                _tokens.Add(new(isOutput ? TemplateTokenKind.OutputEnd : TemplateTokenKind.StatementEnd, closing, _position));
                _position += sign == ' ' ? 2 : 3;
                AfterTag(sign, takesNewline: !isOutput);
                return;
            }

            TemplateToken token = ReadToken();
            brackets += token.Kind != TemplateTokenKind.Operator
                ? 0
                : token.Value is "(" or "[" or "{" ? 1 : token.Value is ")" or "]" or "}" ? -1 : 0;
            _tokens.Add(token);
            if (_tokens.Count > MostTokens)
                throw new TemplateFailure($"it has more than {MostTokens} names, numbers, strings and signs");
        }
    }

    private bool IsClosing(string closing, out char sign)
    {
        sign = _template[_position] is '-' or '+' ? _template[_position] : ' ';
        return string.CompareOrdinal(_template, _position + (sign == ' ' ? 0 : 1), closing, 0, 2) == 0;
    }

    private TemplateToken ReadToken()
    {
        int start = _position;
        char first = _template[start];
        if (char.IsLetter(first) || first == '_')
        {
            while (_position < _template.Length && (char.IsLetterOrDigit(_template[_position]) || _template[_position] == '_'))
                _position++;
            return new(TemplateTokenKind.Name, _template[start.._position], start);
        }

        if (char.IsAsciiDigit(first))
            return ReadNumber();
        if (first is '\'' or '"')
            return ReadString(first);
        foreach (string symbol in Operators)
        {
            if (string.CompareOrdinal(_template, start, symbol, 0, symbol.Length) == 0)
            {
                _position += symbol.Length;
                return new(TemplateTokenKind.Operator, symbol, start);
            }
        }

        throw new TemplateFailure($"the character '{first}' has no meaning here");
    }

    private TemplateToken ReadNumber()
    {
        int start = _position;
        if (_template[start] == '0' && start + 2 < _template.Length && IsBased(_template[start + 1], _template[start + 2]))
        {
            _position += 2;
            while (_position < _template.Length && (char.IsAsciiHexDigit(_template[_position]) || _template[_position] == '_'))
                _position++;
            string digits = _template[(start + 2).._position];
            char largest = _template[start + 1] is 'x' or 'X' ? 'f' : _template[start + 1] is 'o' or 'O' ? '7' : '1';
            return digits.All(digit => digit == '_' || char.ToLowerInvariant(digit) <= largest)
                ? new(TemplateTokenKind.Integer, _template[start.._position], start)
                : throw new TemplateFailure($"\"{_template[start.._position]}\" is no number");
        }

        SkipDigits();

        // What follows a dot is an index: a.0.1.
        if (start > 0 && _template[start - 1] == '.')
            return new(TemplateTokenKind.Integer, _template[start.._position], start);
        bool isFloat = _position + 1 < _template.Length && _template[_position] == '.' && char.IsAsciiDigit(_template[_position + 1]);
        if (isFloat)
        {
            _position++;
            SkipDigits();
        }

        int exponent = _position + 1;
        if (_position < _template.Length && _template[_position] is 'e' or 'E')
        {
            if (exponent < _template.Length && _template[exponent] is '-' or '+')
                exponent++;
            if (exponent < _template.Length && char.IsAsciiDigit(_template[exponent]))
            {
                (_position, isFloat) = (exponent, true);
                SkipDigits();
            }
        }

        return new(isFloat ? TemplateTokenKind.Float : TemplateTokenKind.Integer, _template[start.._position], start);
    }

    private static bool IsBased(char letter, char digit) => letter is 'x' or 'X' or 'o' or 'O' or 'b' or 'B' && char.IsAsciiHexDigit(digit);

    private void SkipDigits()
    {
        while (_position < _template.Length && (char.IsAsciiDigit(_template[_position])
            || (_template[_position] == '_' && _position + 1 < _template.Length && char.IsAsciiDigit(_template[_position + 1]))))
        {
            _position++;
        }
    }

    private TemplateToken ReadString(char quote)
    {
        int start = _position++;
        StringBuilder value = _string.Clear();
        while (_position < _template.Length && _template[_position] != quote)
        {
            if (_template[_position] == '\\' && _position + 1 < _template.Length)
                ReadEscape(value);
            else
                value.Append(_template[_position++]);
        }

        if (_position == _template.Length)
            throw new TemplateFailure("the string is not closed");
        _position++;
        return new(TemplateTokenKind.String, value.ToString(), start);
    }

    private void ReadEscape(StringBuilder value)
    {
        char letter = _template[_position + 1];
        _position += 2;
        switch (letter)
        {
            case 'n': value.Append('\n'); break;
            case 't': value.Append('\t'); break;
            case 'r': value.Append('\r'); break;
            case 'b': value.Append('\b'); break;
            case 'f': value.Append('\f'); break;
            case 'v': value.Append('\v'); break;
            case 'a': value.Append('\a'); break;
            case '\n': break;
            case '\\' or '\'' or '"': value.Append(letter); break;
            case 'x': AppendCodePoint(value, 2); break;
            case 'u': AppendCodePoint(value, 4); break;
            case 'U': AppendCodePoint(value, 8); break;
            case >= '0' and <= '9' or 'N': throw new TemplateFailure($"the escape \\{letter} is not supported");
            default: value.Append('\\').Append(letter); break;
        }
    }

    private void AppendCodePoint(StringBuilder value, int digits)
    {
        if (_position + digits > _template.Length
            || !int.TryParse(_template.AsSpan(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out int code)
            || !Rune.TryCreate(code, out Rune rune))
        {
            throw new TemplateFailure("the escape is not a character");
        }

        value.Append(rune.ToString());
        _position += digits;
    }
}

using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>JSON that is being written as Python's <c>json.dumps</c> writes it.</summary>
internal sealed class JsonText(JsonStyle style, Budget budget)
{
    private readonly StringBuilder _text = new();

    /// <summary>The outermost origin of what was written.</summary>
    public TextOrigin Origin { get; private set; } = TextOrigin.Template;

    /// <exception cref="TemplateFailure">The value has no JSON form, or the budget is spent.</exception>
    public void Write(object? value, int level)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateFailure("the value is nested too deeply for tojson");
        budget.Step();
        switch (value)
        {
            case MarkedText text:
                WriteString(text);
                break;
            case List<object?> list:
                WriteList(list, level);
                break;
            case TemplateMap map:
                WriteMap(map, level);
                break;
            default:
                _text.Append(Literal(value));
                break;
        }
    }

    public override string ToString() => _text.ToString();

    private string Literal(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        double number when double.IsNaN(number) => "NaN",
        double number when double.IsInfinity(number) => number > 0 ? "Infinity" : "-Infinity",
        long or double => Values.NumberText(value),
        BigInteger integer => Values.Digits(integer, budget),
        _ => throw new TemplateFailure($"tojson cannot write {Values.Describe(value)}"),
    };

    private void WriteList(List<object?> list, int level)
    {
        _text.Append('[');
        for (int i = 0; i < list.Count; i++)
        {
            Separate(i, level + 1);
            Write(list[i], level + 1);
        }

        End(list.Count, level, ']');
    }

    private void WriteMap(TemplateMap map, int level)
    {
        _text.Append('{');
        int count = 0;
        foreach ((object? key, object? value) in style.SortKeys ? Sorted(map) : map.Entries)
        {
            Separate(count++, level + 1);
            WriteString(key as MarkedText ?? MarkedText.Trusted(Literal(key)));
            Append(style.KeySeparator);
            Write(value, level + 1);
        }

        End(map.Count, level, '}');
    }

    private IEnumerable<(object? Key, object? Value)> Sorted(TemplateMap map)
    {
        List<object?> pairs = Methods.Items(map, budget);
        object?[] keys = [.. map.Entries.Select(entry => entry.Key)];
        return Sorting.Sort(pairs, keys, descending: false, budget).Cast<TemplateTuple>().Select(pair => (pair[0], pair[1]));
    }

    private void Separate(int index, int level)
    {
        if (index > 0)
            Append(style.ItemSeparator);
        NewLine(level);
    }

    private void End(int count, int level, char bracket)
    {
        if (count > 0)
            NewLine(level);
        _text.Append(bracket);
    }

    private void NewLine(int level)
    {
        if (style.Indent is null)
            return;
        budget.Characters((long)style.Indent.Length * level);
        _text.Append('\n').Insert(_text.Length, style.Indent, level);
    }

    private void Append(string text)
    {
        budget.Characters(text.Length);
        _text.Append(text);
    }

    private void WriteString(MarkedText value)
    {
        budget.Characters(Values.EscapedLength * (long)value.Length);
        if (value.Origin > Origin)
            Origin = value.Origin;
        _text.Append('"');
        foreach (char character in value.Text)
        {
            switch (character)
            {
                case '"': _text.Append("\\\""); break;
                case '\\': _text.Append("\\\\"); break;
                case '\n': _text.Append("\\n"); break;
                case '\r': _text.Append("\\r"); break;
                case '\t': _text.Append("\\t"); break;
                case '\b': _text.Append("\\b"); break;
                case '\f': _text.Append("\\f"); break;
                case < ' ': _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"); break;
                case > '\x7e' when style.EnsureAscii && character != '\x7f':
                    _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
                    break;
                default: _text.Append(character); break;
            }
        }

        _text.Append('"');
    }
}

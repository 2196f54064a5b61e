using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>JSON in and out of templates. Output is written as Python's <c>json.dumps(…, ensure_ascii=False)</c> writes it.</summary>
internal static partial class TemplateJson
{
    /// <summary>A template's value for a JSON value of a setting. Every string in it counts as coming from outside.</summary>
    public static object? Read(JsonElement element) => Read(element, TextOrigin.Setting);

    /// <summary>A template's value for a JSON value. Every string in it counts as coming from an origin. Half of a surrogate pair and
    /// bytes that are not UTF-8 become U+FFFD.</summary>
    public static object? Read(JsonElement element, TextOrigin origin)
    {
        try
        {
            return ReadValue(element, origin);
        }
        catch (InvalidOperationException)
        {
            string text = Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(element));
            return ReadValue(JsonElement.Parse(Escapes().Replace(text, match => match.Groups["half"].Success ? "\\ufffd" : match.Value)),
                origin);
        }
    }

    [GeneratedRegex(@"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(?<half>\\u[dD][89a-fA-F]..)|\\.")]
    private static partial Regex Escapes();

    private static object? ReadValue(JsonElement element, TextOrigin origin)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                TemplateMap map = new();
                foreach (JsonProperty member in element.EnumerateObject())
                    map.Set(MarkedText.From(origin, member.Name), ReadValue(member.Value, origin));
                return map;
            case JsonValueKind.Array:
                return element.EnumerateArray().Select(item => ReadValue(item, origin)).ToList();
            case JsonValueKind.String:
                return MarkedText.From(origin, element.GetString()!);
            case JsonValueKind.Number:
                return element.TryGetInt64(out long integer) && !element.GetRawText().AsSpan().ContainsAny(".eE")
                    ? (object)integer
                    : element.GetDouble();
            case JsonValueKind.True:
                return true;
            case JsonValueKind.False:
                return false;
            default:
                return null;
        }
    }

    /// <summary>Writes a value as JSON.</summary>
    /// <param name="value">The value.</param>
    /// <param name="indent">Blanks per level, or null for a single line.</param>
    /// <param name="budget">What the rendering may still cost.</param>
    public static MarkedText Write(object? value, int? indent, Budget budget)
    {
        StringBuilder text = new();
        TextOrigin origin = TextOrigin.Template;
        Write(value, indent, 0, text, ref origin, budget);
        return MarkedText.From(origin, text.ToString());
    }

    private static void Write(object? value, int? indent, int level, StringBuilder text, ref TextOrigin origin, Budget budget)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateFailure("the value is nested too deeply for tojson");
        budget.Step();
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case bool flag:
                text.Append(flag ? "true" : "false");
                break;
            case long or double:
                text.Append(Values.NumberText(value));
                break;
            case MarkedText marked:
                origin = Outer(origin, marked);
                WriteString(marked.Text, text, budget);
                break;
            case List<object?> list:
                WriteList(list, indent, level, text, ref origin, budget);
                break;
            case TemplateMap map:
                WriteMap(map, indent, level, text, ref origin, budget);
                break;
            default:
                throw new TemplateFailure($"tojson cannot write {Values.Describe(value)}");
        }
    }

    private static TextOrigin Outer(TextOrigin origin, MarkedText text) => text.Origin > origin ? text.Origin : origin;

    private static void WriteList(List<object?> list, int? indent, int level, StringBuilder text, ref TextOrigin origin, Budget budget)
    {
        text.Append('[');
        for (int i = 0; i < list.Count; i++)
        {
            Separate(i, indent, level + 1, text, budget);
            Write(list[i], indent, level + 1, text, ref origin, budget);
        }

        End(list.Count, indent, level, text, ']', budget);
    }

    private static void WriteMap(TemplateMap map, int? indent, int level, StringBuilder text, ref TextOrigin origin, Budget budget)
    {
        text.Append('{');
        int count = 0;
        foreach ((MarkedText key, object? value) in map.Entries)
        {
            Separate(count++, indent, level + 1, text, budget);
            origin = Outer(origin, key);
            WriteString(key.Text, text, budget);
            text.Append(": ");
            Write(value, indent, level + 1, text, ref origin, budget);
        }

        End(map.Count, indent, level, text, '}', budget);
    }

    private static void Separate(int index, int? indent, int level, StringBuilder text, Budget budget)
    {
        if (index > 0)
            text.Append(indent is null ? ", " : ",");
        NewLine(indent, level, text, budget);
    }

    private static void End(int count, int? indent, int level, StringBuilder text, char bracket, Budget budget)
    {
        if (count > 0)
            NewLine(indent, level, text, budget);
        text.Append(bracket);
    }

    private static void NewLine(int? indent, int level, StringBuilder text, Budget budget)
    {
        if (indent is null)
            return;
        budget.Characters((long)indent * level);
        text.Append('\n').Append(' ', indent.Value * level);
    }

    private static void WriteString(string value, StringBuilder text, Budget budget)
    {
        budget.Characters(Values.EscapedLength * (long)value.Length);
        text.Append('"');
        foreach (char character in value)
        {
            switch (character)
            {
                case '"': text.Append("\\\""); break;
                case '\\': text.Append("\\\\"); break;
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                case '\b': text.Append("\\b"); break;
                case '\f': text.Append("\\f"); break;
                case < ' ': text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"); break;
                default: text.Append(character); break;
            }
        }

        text.Append('"');
    }
}
